// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `values:` of a map, what is in it before any program runs: integers and the like by the BTF types
 * of keys and values; in an array of programs, names of programs. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"

struct bpf_map;
struct bpf_object;

enum { MAP_VALUES_MAX = 65536 }; /* of one object */

struct map_value {
    const char *map; /* lives as long as the object that it was read for */
    void *key;       /* owned, as the value */
    size_t key_size;
    void *value;
    size_t value_size;
    const char *program; /* instead of the value; as long as the config; NULL: none */
};

/* Zeroed is empty. */
struct map_values {
    struct map_value *items;
    uint32_t count;
};

/* Adds the values of one map of an object that is not loaded yet. 0, or -EINVAL after at least one
 * message. */
int map_values_read(struct map_values *values, const struct bpf_object *object,
                    const struct bpf_map *map, const struct config_node *node, struct diag *diag);
/* Writes all values into the maps of a loaded object. 0, or -errno and a sentence. */
int map_values_write(const struct map_values *values, const struct bpf_object *loaded,
                     struct error *error);
/* Frees the values. */
void map_values_deinit(struct map_values *values);
