// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The keys of one object, or of a whole event whose structs are laid flat: each is there once. */

#include <stdbool.h>
#include <stdint.h>

#include "base/resolver.h"
#include "record/schema.h"

struct keyset {
    char **names; /* in the order in which they were added; each stays where it is */
    uint32_t count;
    void *tree; /* of the names, to find them by */
};

void keyset_deinit(struct keyset *keys); /* accepts a zeroed one */

/* Enters a name, with as many _ after it as it takes to be new, and returns what it has become;
 * NULL: out of memory. */
const char *keyset_add(struct keyset *keys, const char *name);

/* Whether a value is an id that names are known for, and of what. */
bool keyset_id_kind(const struct field *field, enum resolver_kind *ret);

/* The key of an id's name: uid_name of uid, cgroup_path of cgroup_id. The caller frees it; NULL:
 * out of memory. */
char *keyset_companion(const char *name, enum resolver_kind kind);
