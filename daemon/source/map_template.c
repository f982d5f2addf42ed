// SPDX-License-Identifier: Apache-2.0

#include "source/map_template.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/suggestion.h"
#include "config/setting.h"

enum { SIZE_MAX_BYTES = 1 << 20 }; /* of a key or value */

struct inner_settings {
    const char *type;
    int64_t key;
    int64_t value;
    uint64_t size;
};

static const struct setting inner_settings[] = {
    {
        .name = "type",
        .type = SETTING_NAME,
        .offset = offsetof(struct inner_settings, type),
        .required = true,
        .doc = "type of the map, such as hash or array",
    },
    {
        .name = "key",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct inner_settings, key),
        .maximum = SIZE_MAX_BYTES,
        .fallback = "4",
        .doc = "bytes of a key",
    },
    {
        .name = "value",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct inner_settings, value),
        .maximum = SIZE_MAX_BYTES,
        .fallback = "8",
        .doc = "bytes of a value",
    },
    {
        .name = "size",
        .type = SETTING_SIZE,
        .offset = offsetof(struct inner_settings, size),
        .minimum = 1,
        .maximum = UINT32_MAX,
        .fallback = "1024",
        .doc = "the most entries",
    },
    {0},
};

/* The type of a map by its name in libbpf ("hash"). -EINVAL after a message. */
static int find_type(const struct config_node *node, const char *name, struct diag *diag,
                     uint32_t *ret_type)
{
    struct suggestion suggestion;
    const char *known;

    suggestion_init(&suggestion, name);
    for (uint32_t type = 1; (known = libbpf_bpf_map_type_str((enum bpf_map_type)type)); type++) {
        suggestion_offer(&suggestion, known);
        if (strcmp(known, name) == 0) {
            *ret_type = type;
            return 0;
        }
    }
    diag_add(diag, config_map_get(node, "type"), "unknown type of a map; %s",
             suggestion_words(&suggestion));
    return -EINVAL;
}

static bool is_map_of_maps(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
           bpf_map__type(map) == BPF_MAP_TYPE_HASH_OF_MAPS;
}

int map_template_read(struct map_templates *templates, const struct bpf_map *map,
                      const struct config_node *node, struct diag *diag)
{
    struct inner_settings config;
    uint32_t type;

    if (!is_map_of_maps(map)) {
        diag_add_key(diag, node, "map \"%s\" is not a map of maps", bpf_map__name(map));
        return -EINVAL;
    }
    if (setting_bind(inner_settings, node, &config, diag) > 0 ||
        find_type(node, config.type, diag, &type) < 0)
        return -EINVAL;
    if (templates->count == MAP_TEMPLATES_MAX) {
        diag_add(diag, node, "at most %d maps can have inner:", MAP_TEMPLATES_MAX);
        return -EINVAL;
    }
    templates->items[templates->count++] = (struct map_template){
        .map = bpf_map__name(map),
        .type = type,
        .key_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : (uint32_t)config.key,
        .value_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : (uint32_t)config.value,
        .max_entries = (uint32_t)config.size,
    };
    return 0;
}

bool map_template_has(const struct map_templates *templates, const char *map)
{
    for (uint32_t i = 0; i < templates->count; i++)
        if (strcmp(templates->items[i].map, map) == 0)
            return true;
    return false;
}

int map_template_apply(struct map_templates *templates, struct bpf_object *fresh,
                       struct error *error)
{
    map_template_close(templates);
    for (uint32_t i = 0; i < templates->count; i++) {
        const struct map_template *item = &templates->items[i];
        struct bpf_map *outer = bpf_object__find_map_by_name(fresh, item->map);
        int fd = bpf_map_create((enum bpf_map_type)item->type, "inner", item->key_size,
                                item->value_size, item->max_entries, NULL);

        if (fd < 0)
            return error_set(error, fd, "cannot create an inner map for %s: %s", item->map,
                             strerror(-fd));
        templates->fds[templates->n_fds++] = fd;
        fd = bpf_map__set_inner_map_fd(outer, fd);
        if (fd < 0)
            return error_set(error, fd, "cannot set the inner map of %s: %s", item->map,
                             strerror(-fd));
    }
    return 0;
}

void map_template_close(struct map_templates *templates)
{
    while (templates->n_fds > 0)
        close(templates->fds[--templates->n_fds]);
}
