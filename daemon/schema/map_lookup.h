// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The maps that an object declares in its BTF, each a variable whose struct defines it: as in
 * struct { __uint(type, BPF_MAP_TYPE_RINGBUF); ... } events SEC(".maps"); */

#include <stdbool.h>
#include <stdint.h>

struct btf;
struct btf_member;
struct btf_type;

/* The member of that name; NULL: there is none. */
const struct btf_member *lookup_member(const struct btf *btf, const struct btf_type *group,
                                       const char *name);

/* The definition of the ring or perf event array that a variable declares; of a map of rings, that
 * of its rings, and *ret_outer is its own, else NULL. NULL: it declares something else. */
const struct btf_type *lookup_ring_definition(const struct btf *btf,
                                              const struct btf_type *variable,
                                              const struct btf_type **ret_outer);

/* Whether the struct of that name defines maps. */
bool lookup_is_map_definition(const struct btf *btf, const char *name);

/* Whether the map is a perf event array. */
bool lookup_is_perf_array(const struct btf *btf, const char *map_name);

/* How many rings the object declares; those that a map of rings contains from the start count as
 * one, and perf event arrays count where there is no ring buffer. */
uint32_t lookup_count_rings(const struct btf *btf);

/* The name of a ring or map of rings that the object declares, by index from 0; NULL: there are no
 * more. */
const char *lookup_ring(const struct btf *btf, uint32_t index);
