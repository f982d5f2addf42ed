// SPDX-License-Identifier: Apache-2.0

/* A ring buffer map is a ring, and a perf event array is one for each CPU. A map of maps whose
 * inner maps are ring buffers is one sharded ring; rings that it contains from the start are not
 * rings of their own. */

#include "source/object_rings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/setting.h"
#include "source/inner_maps.h"
#include "source/object.h"
#include "source/perf_events.h"
#include "source/record_type.h"

#define FLAG_OVERWRITE (UINT32_C(1) << 19) /* Linux 6.19 */

enum { RINGS_MAX = 64, SHARDS_DEFAULT_SIZE = 1 << 20 };

/* ---- what a map is --------------------------------------------------------------------------- */

static bool is_ring(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
}

static bool is_perf_array(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

static bool is_map_of_maps(const struct bpf_map *map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
           bpf_map__type(map) == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool is_sharded(struct bpf_map *map)
{
    const struct bpf_map *inner = is_map_of_maps(map) ? bpf_map__inner_map(map) : NULL;

    return inner && is_ring(inner);
}

static const char *type_name(const struct bpf_map *map)
{
    static const char *const names[] = {
        [BPF_MAP_TYPE_HASH] = "a hash map",
        [BPF_MAP_TYPE_ARRAY] = "an array",
        [BPF_MAP_TYPE_PERCPU_HASH] = "a hash map",
        [BPF_MAP_TYPE_PERCPU_ARRAY] = "an array for each CPU",
        [BPF_MAP_TYPE_LRU_HASH] = "a hash map",
        [BPF_MAP_TYPE_ARRAY_OF_MAPS] = "a map of other maps than rings",
        [BPF_MAP_TYPE_HASH_OF_MAPS] = "a map of other maps than rings",
        [BPF_MAP_TYPE_USER_RINGBUF] = "a ring from user space to BPF",
    };
    const char *name =
        bpf_map__type(map) < sizeof(names) / sizeof(names[0]) ? names[bpf_map__type(map)] : NULL;

    return name ? name : "a map of another type";
}

/* ---- inner maps
 * ----------------------------------------------------------------------------------- */

struct slot_search {
    const struct bpf_object *object;
    struct object_ring *ring; /* whose inner maps are listed; or NULL */
    const char *inner;        /* or this is looked for */
    bool found;
    bool no_memory;
};

static void on_inner_map(void *data, const char *outer, const char *inner)
{
    struct slot_search *search = data;
    struct object_ring *ring = search->ring;
    const struct bpf_map *map = bpf_object__find_map_by_name(search->object, inner);
    const char **inner_maps;

    if (search->inner && strcmp(inner, search->inner) == 0)
        search->found = true;
    if (!ring || !map || strcmp(outer, ring->name) != 0)
        return;
    for (uint32_t i = 0; i < ring->n_inner_maps; i++)
        if (strcmp(ring->inner_maps[i], inner) == 0)
            return;
    inner_maps = reallocarray(ring->inner_maps, ring->n_inner_maps + 1, sizeof(*inner_maps));
    if (!inner_maps) {
        search->no_memory = true;
        return;
    }
    ring->inner_maps = inner_maps;
    ring->inner_maps[ring->n_inner_maps++] = bpf_map__name(map);
}

static bool stands_in_a_map(const struct object *object, const struct bpf_map *map)
{
    struct slot_search search = {.object = object->plan, .inner = bpf_map__name(map)};

    return inner_maps_each(object->bytes, object->size, on_inner_map, &search, NULL) == 0 &&
           search.found;
}

/* ---- one ring -------------------------------------------------------------------------------- */

/* A program may run on each possible CPU, and its number is the key. */
static int set_up_perf(struct object_ring *ring)
{
    uint32_t cpus = (uint32_t)libbpf_num_possible_cpus();

    ring->perf = perf_events_new();
    if (!ring->perf)
        return -ENOMEM;
    if (ring->template_size == 0)
        ring->template_size = PERF_RING_DEFAULT_SIZE;
    return bpf_map__max_entries(ring->map) < cpus ? bpf_map__set_max_entries(ring->map, cpus) : 0;
}

static int set_size(struct object_source *source, struct object_ring *ring, struct diag *diag)
{
    const struct bpf_map *inner = ring->sharded ? bpf_map__inner_map(ring->map) : NULL;
    uint32_t wanted = ring->config ? (uint32_t)ring->config->ring_size : 0;
    int result = 0;

    ring->template_size = wanted ? wanted : inner ? bpf_map__max_entries(inner) : 0;
    if (ring->sharded && ring->template_size == 0)
        ring->template_size = SHARDS_DEFAULT_SIZE;
    if (ring->sharded && bpf_map__max_entries(ring->map) == 0)
        bpf_map__set_max_entries(ring->map, (uint32_t)libbpf_num_possible_cpus());
    if (is_perf_array(ring->map))
        result = set_up_perf(ring);
    else if (!ring->sharded && wanted)
        result = bpf_map__set_max_entries(ring->map, wanted);
    for (uint32_t i = 0; wanted && result == 0 && i < ring->n_inner_maps; i++)
        result = bpf_map__set_max_entries(
            bpf_object__find_map_by_name(source->object->plan, ring->inner_maps[i]), wanted);
    if (result < 0)
        diag_add(diag, ring_config_at(ring->config, "ring_size"), "the ring size cannot be set: %s",
                 strerror(-result));
    return result;
}

/* Refuses rings that overwrite. */
static int check_ring(const struct object_ring *ring, const struct config_node *node,
                      struct diag *diag)
{
    const struct bpf_map *map = ring->sharded ? bpf_map__inner_map(ring->map) : ring->map;

    if (map && bpf_map__map_flags(map) & FLAG_OVERWRITE) {
        diag_add(diag, node,
                 "ring \"%s\" overwrites unread records (BPF_F_RB_OVERWRITE), so they cannot be "
                 "read in place; remove that flag",
                 ring->name);
        return -EINVAL;
    }
    return 0;
}

static int add_ring(struct object_source *source, struct bpf_map *map,
                    const struct ring_config *config, struct diag *diag)
{
    struct object_ring *ring = &source->rings[source->n_rings++];
    struct slot_search search = {.object = source->object->plan, .ring = ring};
    struct error error = {0};
    int result = 0;

    *ring = (struct object_ring){
        .name = bpf_map__name(map),
        .map = map,
        .sharded = is_map_of_maps(map),
        .config = config,
        .lost = {.fd = -1},
        .template_fd = -1,
    };
    if (ring->sharded)
        result = inner_maps_each(source->object->bytes, source->object->size, on_inner_map, &search,
                                 &error);
    if (search.no_memory)
        result = error_set(&error, -ENOMEM, "out of memory");
    if (result < 0) {
        diag_add_error(diag, config->node, &error);
        return result;
    }
    result = set_size(source, ring, diag);
    return result < 0 ? result : check_ring(ring, config->node, diag);
}

/* ---- which ----------------------------------------------------------------------------------- */

/* Other perf event arrays are read by programs: hardware counters. */
static bool gets_records(const struct object *object, const struct bpf_map *map)
{
    struct record_lengths lengths;

    record_lengths_read(object->bytes, object->size, bpf_map__name(map), true, true, &lengths);
    return lengths.count > 0 || lengths.varies;
}

bool object_rings_has(const struct object *object, struct bpf_map *map)
{
    return is_sharded(map) || (is_ring(map) && !stands_in_a_map(object, map)) ||
           (is_perf_array(map) && gets_records(object, map));
}

/* "events (struct event), flows" */
static void list_rings(const struct object *object, struct suggestion *suggestion,
                       struct error *error)
{
    const char *between = "";
    struct bpf_map *map;

    bpf_object__for_each_map(map, object->plan)
    {
        struct record_type type = {0};

        if (!object_rings_has(object, map))
            continue;
        suggestion_offer(suggestion, bpf_map__name(map));
        record_type_of_ring(object_btf(object), object->bytes, object->size, bpf_map__name(map),
                            NULL, &type);
        error_append(error, "%s%s", between, bpf_map__name(map));
        if (type.name)
            error_append(error, " (%s)", type.name);
        free(type.name);
        between = ", ";
    }
}

static void refuse_name(const struct object *object, const struct bpf_map *map,
                        const struct config_node *entry, struct diag *diag)
{
    struct suggestion suggestion;
    struct error error;

    suggestion_init(&suggestion, entry->key);
    if (map)
        error_set(&error, 0, "map \"%s\" is %s, not a ring buffer; the rings are ", entry->key,
                  type_name(map));
    else
        error_set(&error, 0, "the object has no ring \"%s\"; its rings are ", entry->key);
    list_rings(object, &suggestion, &error);
    if (*suggestion.best)
        error_hint_setting(&error, "rings", "{%s: {}}", suggestion.best);
    diag_add_key_error(diag, entry, &error);
}

/* The map of that name; NULL after a message. */
static struct bpf_map *find_named(const struct object *object, const struct config_node *entry,
                                  struct diag *diag)
{
    struct bpf_map *map = bpf_object__find_map_by_name(object->plan, entry->key);

    if (map && (is_ring(map) || is_perf_array(map) || is_sharded(map) ||
                (is_map_of_maps(map) && !bpf_map__inner_map(map))))
        return map;
    refuse_name(object, map, entry, diag);
    return NULL;
}

static int bind_config(const struct config_node *entry, const struct ring_config *shared,
                       struct diag *diag, struct ring_config *config)
{
    if (config_node_is_null(entry))
        setting_defaults(ring_settings, config); /* `events:` alone only chooses it */
    else if (setting_bind(ring_settings, entry, config, diag) > 0)
        return -EINVAL;
    config->node = entry;
    config->is_own = true;
    /* these may be set once for all rings */
    if (!config->types_from)
        config->types_from = shared->types_from;
    if (!config->layout)
        config->layout = shared->layout;
    if (config->ring_size == 0)
        config->ring_size = shared->ring_size;
    return ring_config_check(config, diag);
}

static void refuse_of_several(const struct object *object, const struct config_node *entry,
                              struct diag *diag)
{
    struct error error = {0};
    const char *first = NULL;
    struct bpf_map *map;

    error_set(&error, -EINVAL, "the object has several rings: ");
    bpf_object__for_each_map(map, object->plan)
    {
        if (!object_rings_has(object, map))
            continue;
        error_append(&error, "%s%s", first ? ", " : "", bpf_map__name(map));
        first = first ? first : bpf_map__name(map);
    }
    error_hint_setting(&error, "rings", "{%s: {%s: %s}}", first, entry->key,
                       entry->kind == CONFIG_SCALAR ? entry->text : "...");
    diag_add_error(diag, entry, &error);
}

/* Refuses ring settings at the source itself: it would be unclear which ring they are for. object:
 * all its rings are read; NULL: `rings:` names those. */
static int refuse_shared(const struct ring_config *shared, const struct object *object,
                         struct diag *diag)
{
    int result = 0;

    for (const struct setting *setting = ring_settings; setting->name; setting++) {
        const struct config_node *entry = config_map_get(shared->node, setting->name);

        if (!entry || strcmp(setting->name, "types_from") == 0 ||
            strcmp(setting->name, "layout") == 0 || strcmp(setting->name, "ring_size") == 0)
            continue;
        if (object)
            refuse_of_several(object, entry, diag);
        else
            diag_add_key(diag, entry, "this key belongs below the name of a ring in \"rings\"");
        result = -EINVAL;
    }
    return result;
}

static int choose_named(struct object_source *source, const struct config_node *rings,
                        const struct ring_config *shared, struct diag *diag)
{
    int result = refuse_shared(shared, NULL, diag);

    if (rings->kind != CONFIG_MAP || rings->count == 0 || rings->count > RINGS_MAX) {
        diag_add(diag, rings, "expected 1 to %d rings, as in rings: {events: {}}; found %s",
                 RINGS_MAX,
                 rings->kind == CONFIG_MAP ? rings->count ? "more" : "none"
                                           : config_node_kind_name(rings));
        return -EINVAL;
    }
    source->configs = calloc(rings->count, sizeof(*source->configs));
    source->rings = calloc(rings->count, sizeof(*source->rings));
    if (!source->configs || !source->rings) {
        diag_add(diag, rings, "out of memory");
        return -ENOMEM;
    }
    for (const struct config_node *entry = rings->first; entry; entry = entry->next) {
        struct ring_config *config = &source->configs[entry->index];
        struct bpf_map *map = find_named(source->object, entry, diag);

        if (bind_config(entry, shared, diag, config) < 0 || !map ||
            add_ring(source, map, config, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

static int refuse_ringless(const struct object *object, const struct config_node *node,
                           struct diag *diag)
{
    const struct bpf_map *map;
    bool perf = false;

    bpf_object__for_each_map(map, object->plan) perf |= is_perf_array(map);
    diag_add(diag, node, "the BPF object has no ring buffer (BPF_MAP_TYPE_RINGBUF)%s",
             perf ? ", and none of its programs writes to its perf event array" : "");
    return -EINVAL;
}

/* With one ring, the settings at the source apply to it; with several, none may be set there. */
static int choose_all(struct object_source *source, const struct ring_config *shared,
                      struct diag *diag)
{
    struct bpf_map *map;
    uint32_t count = 0;
    int result = 0;

    bpf_object__for_each_map(map, source->object->plan) count +=
        object_rings_has(source->object, map);
    if (count == 0)
        return refuse_ringless(source->object, shared->node, diag);
    if (count > RINGS_MAX) {
        diag_add(diag, shared->node,
                 "the object has %u rings; list up to %d of them in rings:", count, RINGS_MAX);
        return -EINVAL;
    }
    if (count > 1 && refuse_shared(shared, source->object, diag) < 0)
        return -EINVAL;
    source->rings = calloc(count, sizeof(*source->rings));
    if (!source->rings) {
        diag_add(diag, shared->node, "out of memory");
        return -ENOMEM;
    }
    bpf_object__for_each_map(map, source->object->plan)
    {
        if (object_rings_has(source->object, map) && add_ring(source, map, shared, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

int object_rings_choose(struct object_source *source, const struct config_node *rings,
                        const struct ring_config *shared, struct diag *diag)
{
    return rings ? choose_named(source, rings, shared, diag) : choose_all(source, shared, diag);
}

void object_rings_free(struct object_source *source)
{
    for (uint32_t i = 0; i < source->n_rings; i++)
        free(source->rings[i].inner_maps);
    free(source->rings);
    free(source->configs);
}

uint32_t object_rings_size(const struct object *object, struct bpf_map *map)
{
    struct object_ring ring = {.name = bpf_map__name(map)};
    struct slot_search search = {.object = object->plan, .ring = &ring};
    const struct bpf_map *inner = is_map_of_maps(map) ? bpf_map__inner_map(map) : map;
    uint32_t size;

    if (is_perf_array(map))
        return PERF_RING_DEFAULT_SIZE;
    if (is_map_of_maps(map) &&
        inner_maps_each(object->bytes, object->size, on_inner_map, &search, NULL) == 0 &&
        ring.n_inner_maps > 0)
        inner = bpf_object__find_map_by_name(object->plan, ring.inner_maps[0]);
    size = inner ? bpf_map__max_entries(inner) : 0;
    free(ring.inner_maps);
    return size;
}
