// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The keys of one object, or of a whole event whose structs are laid flat: no two are equal. */

#include <stdint.h>

struct unique_keys {
    char **names; /* in the order in which they were added; each stays where it is */
    uint32_t count;
    void *tree; /* of the names, to find them by */
};

/* Frees the keys; accepts a zeroed one. */
void unique_keys_deinit(struct unique_keys *keys);

/* Adds a name as a key, with as many _ appended as make it new. Returns the key, which lives as
 * long as the set; NULL: out of memory. */
const char *unique_keys_add(struct unique_keys *keys, const char *name);
