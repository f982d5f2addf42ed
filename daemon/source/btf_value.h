// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values of the config as bytes of a C type that BTF describes: numbers, true and false, names of
 * enums, texts for char arrays, lists for arrays, maps by member for structs. */

#include <stddef.h>

#include "config/diag.h"
#include "config/node.h"

struct btf;
struct btf_type;

struct btf_place {
    const struct btf *btf;
    const struct btf_type *type; /* bare; NULL: invalid */
    char *bytes;
    size_t size;
};

/* Writes the value. 0, or -EINVAL after at least one message. */
int btf_value_set(const struct btf_place *place, const struct config_node *node, struct diag *diag);
/* Goes on to a member, as in "limits.low"; "": stays. 0, or -EINVAL after a message at the key of
 * the node. */
int btf_value_find(struct btf_place *place, const char *path, const struct config_node *node,
                   struct diag *diag);
/* Writes an integer of that size where no type is known. 0, or -EINVAL after a message. */
int btf_value_set_number(void *bytes, size_t size, const struct config_node *node,
                         struct diag *diag);
