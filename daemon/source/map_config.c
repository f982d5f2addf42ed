// SPDX-License-Identifier: Apache-2.0

/* LIBBPF_PIN_BY_NAME would leave files in /sys/fs/bpf that nobody removes, and the next process
 * would continue with their contents. So a map is pinned only where the config says so. */

#include "source/map_config.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/setting.h"
#include "source/object.h"

struct own_settings {
    uint64_t size;
    const char *pin;
    const struct config_node *values;
    const struct config_node *inner;
};

static const struct setting map_settings[] = {
    {
        .name = "size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct own_settings, size),
        .minimum = 1,
        .maximum = UINT32_MAX,
        .doc = "the most entries; bytes, if it is a ring",
    },
    {
        .name = "pin",
        .type = SETTING_PATH,
        .offset = offsetof(struct own_settings, pin),
        .doc = "use the map that is pinned there; pin this one if there is none",
    },
    {
        .name = "values",
        .type = SETTING_NODE,
        .offset = offsetof(struct own_settings, values),
        .doc = "what is in the map at the start, by key",
    },
    {
        .name = "inner",
        .type = SETTING_NODE,
        .offset = offsetof(struct own_settings, inner),
        .doc = "what the inner maps of a map of maps are like: type, key, value, size",
    },
    {0},
};

static int refuse_name(struct bpf_object *object, const struct config_node *entry,
                       struct diag *diag)
{
    struct suggestion suggestion;
    const struct bpf_map *map;

    suggestion_init(&suggestion, entry->key);
    bpf_object__for_each_map(map, object) if (!bpf_map__is_internal(map))
        suggestion_offer(&suggestion, bpf_map__name(map));
    diag_add_key(diag, entry, "the object has no such map; %s", suggestion_words(&suggestion));
    return -EINVAL;
}

static int set_map(struct object *object, const struct config_node *entry, bool is_kept,
                   struct diag *diag)
{
    struct bpf_map *map = bpf_object__find_map_by_name(object->plan, entry->key);
    struct own_settings config;
    int result = 0;

    if (!map || bpf_map__is_internal(map))
        return refuse_name(object->plan, entry, diag);
    if (setting_bind(map_settings, entry, &config, diag) > 0)
        return -EINVAL;
    if (config.pin && is_kept) {
        diag_add_key(diag, config_map_get(entry, "pin"),
                     "cannot be used with \"keep\", which keeps the maps itself");
        return -EINVAL;
    }
    if (config.size)
        result = bpf_map__set_max_entries(map, (uint32_t)config.size);
    if (result == 0 && config.pin)
        result = bpf_map__set_pin_path(map, config.pin);
    if (result < 0) {
        diag_add(diag, entry, "cannot be set: %s", strerror(-result));
        return result;
    }
    if (config.values &&
        map_values_read(&object->values, object->plan, map, config.values, diag) < 0)
        result = -EINVAL;
    if (config.inner && map_template_read(&object->templates, map, config.inner, diag) < 0)
        result = -EINVAL;
    return result;
}

int map_config_set(struct object *object, const struct config_node *maps, bool is_kept,
                   struct diag *diag)
{
    struct bpf_map *map;
    int result = 0;

    bpf_object__for_each_map(map, object->plan) bpf_map__set_pin_path(map, NULL);
    if (!maps)
        return 0;
    if (maps->kind != CONFIG_MAP) {
        diag_add(diag, maps, "expected maps by name, as in {seen: {size: 1024}}; found %s",
                 config_node_kind_name(maps));
        return -EINVAL;
    }
    for (const struct config_node *entry = maps->first; entry; entry = entry->next)
        if (set_map(object, entry, is_kept, diag) < 0)
            result = -EINVAL;
    return result;
}

/* Local storage must have no size; libbpf knows the size of the others. */
static bool needs_size(const struct bpf_map *map)
{
    static const uint32_t others[] = {
        BPF_MAP_TYPE_PERF_EVENT_ARRAY,
        BPF_MAP_TYPE_CGROUP_STORAGE,
        BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
        BPF_MAP_TYPE_SK_STORAGE,
        BPF_MAP_TYPE_INODE_STORAGE,
        BPF_MAP_TYPE_TASK_STORAGE,
        BPF_MAP_TYPE_STRUCT_OPS,
        32, /* BPF_MAP_TYPE_CGRP_STORAGE, Linux 6.2 */
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (bpf_map__type(map) == others[i])
            return false;
    return !bpf_map__is_internal(map);
}

bool map_config_lacks_size(const struct bpf_map *map)
{
    return bpf_map__max_entries(map) == 0 && needs_size(map);
}

int map_config_check_sizes(const struct bpf_object *object, const struct config_node *node,
                           struct diag *diag)
{
    const struct bpf_map *map;
    int result = 0;

    bpf_object__for_each_map(map, object)
    {
        bool is_ring = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
        struct error error;

        if (!map_config_lacks_size(map))
            continue;
        result = error_set(&error, -EINVAL, "%s \"%s\" has no size in the object",
                           is_ring ? "ring" : "map", bpf_map__name(map));
        error_hint_setting(&error, "maps", "{%s: {size: %s}}", bpf_map__name(map),
                           is_ring ? "4MiB" : "1024");
        diag_add_error(diag, node, &error);
    }
    return result;
}

int map_config_check_inner(const struct object *object, struct bpf_map *map,
                           const struct config_node *node, struct diag *diag)
{
    struct error error;

    if ((bpf_map__type(map) != BPF_MAP_TYPE_ARRAY_OF_MAPS &&
         bpf_map__type(map) != BPF_MAP_TYPE_HASH_OF_MAPS) ||
        bpf_map__inner_map(map) || map_template_has(&object->templates, bpf_map__name(map)))
        return 0;
    error_set(
        &error, -EINVAL,
        "the object does not say what the inner maps of \"%s\" are like; for a hash of 4-byte "
        "keys and 8-byte values",
        bpf_map__name(map));
    error_hint_setting(&error, "maps", "{%s: {inner: {type: hash, key: 4, value: 8, size: 1024}}}",
                       bpf_map__name(map));
    diag_add_error(diag, node, &error);
    return -EINVAL;
}
