// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Maps that are in the kernel already, and the types of those who use them. All of it asks the
 * kernel, which wants CAP_SYS_ADMIN for ids and names; a pinned map wants the right to its file. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct btf;

enum {
    KERNEL_NAME_MAX = 16,     /* of a map, with the NUL; the kernel cuts longer ones */
    KERNEL_MAPS_LISTED = 8,   /* ids that a message lists */
    KERNEL_USED_MAPS_MAX = 64 /* maps of one program that are looked at, as many as libbpf allows */
};

struct kernel_map {
    uint32_t id;
    uint32_t type; /* BPF_MAP_TYPE_... */
    uint32_t max_entries;
    char name[KERNEL_NAME_MAX];
};

/* Whether a path lies in a BPF file system, where pins are. */
bool kernel_is_pin(const char *path);

/* Opens a map by what a person calls it: the path of a pin, "id:7", or a name (anything without a
 * slash); of several maps of that name, the only ring buffer among them. 0 and an fd that the
 * caller owns, with what the kernel says of it; or -errno and a sentence: -ENOENT, there is none;
 * -EEXIST, several (it lists their ids); -EPERM; -EINVAL, a file that is no pin of a map. */
int kernel_map_open(const char *what, struct error *error, int *ret_fd, struct kernel_map *ret_map);

/* What the kernel says of a map that is open. 0 or -errno. */
int kernel_map_describe(int map_fd, struct kernel_map *ret_map);

/* The types of a program that uses the map: of several programs, those of the first whose BTF has
 * the type (type_name NULL: that names one by convention, else that has any struct). The caller
 * frees *ret_btf with btf__free(). 0, or -errno and a sentence: -ENOENT, no program uses the map,
 * or none has types; -EPERM. */
int kernel_map_btf(const struct kernel_map *map, const char *type_name, struct error *error,
                   struct btf **ret_btf);
