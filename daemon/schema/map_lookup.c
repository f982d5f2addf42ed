// SPDX-License-Identifier: Apache-2.0
#include "schema/map_lookup.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <string.h>

#include "schema/btf_lookup.h"

const struct btf_member *lookup_member(const struct btf *btf, const struct btf_type *group,
                                       const char *name)
{
    const struct btf_member *members = btf_members(group);

    for (uint32_t i = 0; i < btf_vlen(group); i++) {
        const char *other = btf__name_by_offset(btf, members[i].name_off);

        if (other && strcmp(name, other) == 0)
            return &members[i];
    }
    return NULL;
}

/* The number that __uint(type, N) writes as int (*type)[N]; 0: there is none. */
static uint32_t read_map_type(const struct btf *btf, const struct btf_type *map)
{
    const struct btf_member *member = lookup_member(btf, map, "type");
    const struct btf_type *type = member ? lookup_bare(btf, member->type) : NULL;

    type = type && btf_is_ptr(type) ? lookup_bare(btf, type->type) : NULL;
    return type && btf_is_array(type) ? btf_array(type)->nelems : 0;
}

/* The map definition in __array(values, MAP); NULL: there is none. */
static const struct btf_type *find_inner_map(const struct btf *btf, const struct btf_type *map)
{
    const struct btf_member *member = lookup_member(btf, map, "values");
    const struct btf_type *type = member ? lookup_bare(btf, member->type) : NULL;

    type = type && btf_is_array(type) ? lookup_bare(btf, btf_array(type)->type) : NULL;
    type = type && btf_is_ptr(type) ? lookup_bare(btf, type->type) : NULL;
    return type && btf_is_struct(type) ? type : NULL;
}

const struct btf_type *lookup_ring_definition(const struct btf *btf,
                                              const struct btf_type *variable,
                                              const struct btf_type **ret_outer)
{
    const struct btf_type *map = btf_is_var(variable) ? lookup_bare(btf, variable->type) : NULL;
    uint32_t type = map && btf_is_struct(map) ? read_map_type(btf, map) : 0;

    *ret_outer = NULL;
    if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS) {
        *ret_outer = map;
        map = find_inner_map(btf, map);
        type = map ? read_map_type(btf, map) : 0;
    }
    return type == BPF_MAP_TYPE_RINGBUF || (type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !*ret_outer)
               ? map
               : NULL;
}

static bool is_perf_array(const struct btf *btf, const struct btf_type *ring)
{
    return read_map_type(btf, ring) == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

bool lookup_is_perf_array(const struct btf *btf, const char *map_name)
{
    int id = btf__find_by_name_kind(btf, map_name, BTF_KIND_VAR);
    const struct btf_type *outer;
    const struct btf_type *ring =
        id < 0 ? NULL : lookup_ring_definition(btf, btf__type_by_id(btf, (uint32_t)id), &outer);

    return ring && is_perf_array(btf, ring);
}

bool lookup_is_map_definition(const struct btf *btf, const char *name)
{
    int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

    return id > 0 && read_map_type(btf, btf__type_by_id(btf, (uint32_t)id)) > 0;
}

const char *lookup_ring(const struct btf *btf, uint32_t index)
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *outer, *type = btf__type_by_id(btf, id);

        if (lookup_ring_definition(btf, type, &outer) && *lookup_name(btf, type) && index-- == 0)
            return lookup_name(btf, type);
    }
    return NULL;
}

/* Beside ring buffers, perf event arrays mostly serve to read hardware counters. */
uint32_t lookup_count_rings(const struct btf *btf)
{
    uint32_t outside = 0, rings = 0, inside = 0, perf_arrays = 0;
    int section = btf__find_by_name_kind(btf, ".maps", BTF_KIND_DATASEC);
    const struct btf_type *maps = section < 0 ? NULL : btf__type_by_id(btf, (uint32_t)section);

    for (uint32_t i = 0; maps && i < btf_vlen(maps); i++) {
        const struct btf_var_secinfo *place = btf_var_secinfos(maps) + i;
        const struct btf_type *outer, *variable = btf__type_by_id(btf, place->type);
        const struct btf_type *ring =
            variable ? lookup_ring_definition(btf, variable, &outer) : NULL;

        if (!ring)
            continue;
        perf_arrays += is_perf_array(btf, ring);
        rings += !outer && !is_perf_array(btf, ring);
        outside += !!outer;
        /* its initial slots, which the type does not count */
        if (outer && place->size > outer->size)
            inside += (place->size - outer->size) / 8;
    }
    rings = outside + (rings > inside ? rings - inside : 0);
    return rings ? rings : perf_arrays;
}
