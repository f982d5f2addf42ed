// SPDX-License-Identifier: Apache-2.0

/* A map of a CPU's own gets the same value for each CPU. */

#include "source/map_values.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "schema/btf_lookup.h"
#include "source/btf_value.h"

/* ---- reading --------------------------------------------------------------------------------- */

static bool takes_values(const struct bpf_map *map)
{
    switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
    case BPF_MAP_TYPE_PROG_ARRAY:
        return true;
    default:
        return false;
    }
}

/* type: of BTF; 0: unknown, so it is an integer. */
static int set(const struct bpf_object *object, uint32_t type, void *bytes, size_t size,
               const struct config_node *node, struct diag *diag)
{
    const struct btf_place place = {
        .btf = bpf_object__btf(object),
        .type = type > 0 ? lookup_bare(bpf_object__btf(object), type) : NULL,
        .bytes = bytes,
        .size = size,
    };

    return type > 0 ? btf_value_set(&place, node, diag)
                    : btf_value_set_number(bytes, size, node, diag);
}

/* The key of the entry as a node of its own. */
static int set_key(const struct bpf_object *object, const struct bpf_map *map, void *bytes,
                   const struct config_node *entry, struct diag *diag)
{
    uint32_t type = bpf_map__btf_key_type_id(map);
    const struct btf_type *bare = type > 0 ? lookup_bare(bpf_object__btf(object), type) : NULL;
    struct config_node key = *entry;

    if (bare && btf_is_composite(bare)) {
        diag_add_key(diag, entry,
                     "the keys of map \"%s\" are structs, which cannot be written here",
                     bpf_map__name(map));
        return -EINVAL;
    }
    key.kind = CONFIG_SCALAR;
    key.text = entry->key;
    key.length = (uint32_t)strlen(entry->key);
    key.quoted = true;
    key.text_column = 0;
    key.first = NULL;
    key.count = 0;
    return set(object, type, bytes, bpf_map__key_size(map), &key, diag);
}

static int set_program(const struct bpf_object *object, struct map_value *value,
                       const struct config_node *entry, struct diag *diag)
{
    struct suggestion suggestion;
    struct bpf_program *program;

    value->program = entry->kind == CONFIG_SCALAR ? entry->text : "";
    if (bpf_object__find_program_by_name(object, value->program))
        return 0;
    suggestion_init(&suggestion, value->program);
    bpf_object__for_each_program(program, object)
        suggestion_offer(&suggestion, bpf_program__name(program));
    diag_add(diag, entry, "expected the name of a program; %s", suggestion_words(&suggestion));
    return -EINVAL;
}

static int check_index(const struct bpf_map *map, const struct map_value *value,
                       const struct config_node *entry, struct diag *diag)
{
    uint32_t type = bpf_map__type(map), index;

    if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY &&
        type != BPF_MAP_TYPE_PROG_ARRAY)
        return 0;
    memcpy(&index, value->key, sizeof(index));
    if (index < bpf_map__max_entries(map))
        return 0;
    diag_add_key(diag, entry, "map \"%s\" has %u entries, from 0", bpf_map__name(map),
                 bpf_map__max_entries(map));
    return -EINVAL;
}

static int read_entry(struct map_value *value, const struct bpf_object *object,
                      const struct bpf_map *map, const struct config_node *entry, struct diag *diag)
{
    int result = set_key(object, map, value->key, entry, diag);

    if (result == 0)
        result = check_index(map, value, entry, diag);
    if (result < 0)
        return result;
    if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
        return set_program(object, value, entry, diag);
    return set(object, bpf_map__btf_value_type_id(map), value->value, value->value_size, entry,
               diag);
}

static int add_entry(struct map_values *values, const struct bpf_object *object,
                     const struct bpf_map *map, const struct config_node *entry, struct diag *diag)
{
    struct map_value value = {
        .map = bpf_map__name(map),
        .key = calloc(1, bpf_map__key_size(map)),
        .key_size = bpf_map__key_size(map),
        .value = calloc(1, bpf_map__value_size(map)),
        .value_size = bpf_map__value_size(map),
    };
    struct map_value *items =
        reallocarray(values->items, values->count + 1, sizeof(*values->items));

    if (items)
        values->items = items;
    if (!items || !value.key || !value.value) {
        free(value.key);
        free(value.value);
        diag_add(diag, entry, "out of memory");
        return -ENOMEM;
    }
    items[values->count++] = value;
    return read_entry(&items[values->count - 1], object, map, entry, diag);
}

int map_values_read(struct map_values *values, const struct bpf_object *object,
                    const struct bpf_map *map, const struct config_node *node, struct diag *diag)
{
    int result = 0;

    if (node->kind != CONFIG_MAP || !takes_values(map) || bpf_map__key_size(map) == 0) {
        diag_add(diag, node,
                 node->kind == CONFIG_MAP
                     ? "a map of its type takes no values; hash maps and arrays do"
                     : "expected values by key, as in {0: 1234}");
        return -EINVAL;
    }
    if (node->count > MAP_VALUES_MAX - values->count) {
        diag_add(diag, node, "an object can have at most %d values of maps", MAP_VALUES_MAX);
        return -EINVAL;
    }
    for (const struct config_node *entry = node->first; entry; entry = entry->next)
        if (add_entry(values, object, map, entry, diag) < 0)
            result = -EINVAL;
    return result;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool is_per_cpu(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH ||
           bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY ||
           bpf_map__type(map) == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int write_per_cpu(int fd, const struct map_value *value)
{
    int cpus = libbpf_num_possible_cpus();
    size_t stride = (value->value_size + 7) / 8 * 8;
    _cleanup_(cleanup_free) char *all = cpus > 0 ? calloc((size_t)cpus, stride) : NULL;

    if (!all)
        return cpus < 0 ? cpus : -ENOMEM;
    for (int cpu = 0; cpu < cpus; cpu++)
        memcpy(all + stride * (size_t)cpu, value->value, value->value_size);
    return bpf_map_update_elem(fd, value->key, all, BPF_ANY);
}

static int write_value(const struct map_value *value, const struct bpf_object *loaded)
{
    const struct bpf_map *map = bpf_object__find_map_by_name(loaded, value->map);
    int fd = bpf_map__fd(map), program;

    if (value->program) {
        program = bpf_program__fd(bpf_object__find_program_by_name(loaded, value->program));
        return program < 0 ? -ENOENT : bpf_map_update_elem(fd, value->key, &program, BPF_ANY);
    }
    return is_per_cpu(map) ? write_per_cpu(fd, value)
                           : bpf_map_update_elem(fd, value->key, value->value, BPF_ANY);
}

int map_values_write(const struct map_values *values, const struct bpf_object *loaded,
                     struct error *error)
{
    for (uint32_t i = 0; i < values->count; i++) {
        int result = write_value(&values->items[i], loaded);

        if (result == -ENOENT && values->items[i].program)
            return error_set(error, result, "map %s: program %s is not loaded",
                             values->items[i].map, values->items[i].program);
        if (result < 0)
            return error_set(error, result, "cannot write a value into map %s: %s",
                             values->items[i].map, strerror(-result));
    }
    return 0;
}

void map_values_deinit(struct map_values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        free(values->items[i].key);
        free(values->items[i].value);
    }
    free(values->items);
    *values = (struct map_values){0};
}
