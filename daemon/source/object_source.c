// SPDX-License-Identifier: Apache-2.0

/* From the config to an object and its streams. Nothing here needs privileges until the object is
 * loaded, so anybody can check a config completely. */

#include "source/object_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/btf_check.h"
#include "source/constants.h"
#include "source/elf.h"
#include "source/kept_source.h"
#include "source/kind.h"
#include "source/map_config.h"
#include "source/object.h"
#include "source/object_rings.h"
#include "source/own_rings.h"
#include "source/perf_events.h"
#include "source/predecessor.h"
#include "source/programs.h"
#include "source/takeover.h"
#include "source/unseen_calls.h"

struct object_config {
    const char *path;
    struct programs_config programs;
    const struct config_node *constants;
    const struct config_node *maps;
    const struct config_node *rings;
    uint64_t recheck;
    struct keep_config keep;
    struct ring_config ring; /* the settings at the source itself */
};

static const struct setting object_settings[] = {
    {
        .name = "object",
        .type = SETTING_PATH,
        .offset = offsetof(struct object_config, path),
        .required = true,
        .doc = "compiled BPF object (clang -O2 -g -target bpf -c)",
    },
    {
        .name = "programs",
        .type = SETTING_NAMES,
        .offset = offsetof(struct object_config, programs.programs),
        .doc = "load only these programs (default: all but those of SEC(\"?...\"))",
    },
    {
        .name = "optional",
        .type = SETTING_NAMES,
        .offset = offsetof(struct object_config, programs.optional),
        .doc = "continue without these programs (all: any) if the kernel does not support them",
    },
    {
        .name = "attach",
        .type = SETTING_NODE,
        .offset = offsetof(struct object_config, programs.attach),
        .doc = "where to attach programs whose section name does not say it, by program name",
    },
    {
        .name = "constants",
        .type = SETTING_NODE,
        .offset = offsetof(struct object_config, constants),
        .doc = "values of globals, by name: constants, and the first values of variables",
    },
    {
        .name = "maps",
        .type = SETTING_NODE,
        .offset = offsetof(struct object_config, maps),
        .doc = "sizes, values, pins and inner maps of maps, by name",
    },
    {
        .name = "rings",
        .type = SETTING_NODE,
        .offset = offsetof(struct object_config, rings),
        .doc = "rings to read, by name (default: all)",
    },
    {
        .name = "recheck",
        .type = SETTING_DURATION,
        .offset = offsetof(struct object_config, recheck),
        .minimum = 1000 * 1000,
        .maximum = INT64_C(3600) * 1000 * 1000 * 1000,
        .fallback = "1s",
        .doc = "check the rings this often even without a wake-up, for programs that use "
               "BPF_RB_NO_WAKEUP",
    },
    {0},
};

/* ---- open ------------------------------------------------------------------------------------ */

struct object_source *object_source_new(void)
{
    return calloc(1, sizeof(struct object_source));
}

/* Reads the file and opens it. */
static int open_object(struct source *source, const struct object_config *config,
                       const struct config_node *node, struct diag *diag)
{
    struct object_source *state = source->state;
    struct error error = {0};
    size_t size = 0;
    int result = elf_read(config->path, &error, &state->bytes, &size);

    if (result == 0)
        result = elf_check(state->bytes, size, &error);
    if (result == 0)
        result = btf_check(state->bytes, size, &error);
    if (result == 0)
        result = object_open(source->name, state->bytes, size, &error, &state->object);
    if (result < 0)
        diag_add(diag, config_map_get(node, "object"), "%s %s", config->path, error_join(&error));
    return result;
}

/* A map of rings is filled with rings, so nobody has to say what they are like. */
static int check_inner_maps(const struct object_source *state, const struct config_node *node,
                            struct diag *diag)
{
    struct bpf_map *map;
    int result = 0;

    bpf_object__for_each_map(map, state->object->plan)
    {
        bool is_read = false;

        for (uint32_t i = 0; i < state->n_rings; i++)
            is_read |= state->rings[i].map == map;
        if (!is_read && map_config_check_inner(state->object, map, node, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

static int object_kind_open(struct source *source, const struct config_node *node,
                            struct diag *diag)
{
    struct object_config *config = source->config;
    struct object_source *state = source->state = object_source_new();
    bool contradictory;
    int result = 0;

    if (!state) {
        diag_add(diag, node, "out of memory");
        return -ENOMEM;
    }
    state->recheck = config->recheck;
    state->keep = &config->keep;
    keep_enter(&config->keep, source);
    config->ring.node = node;
    config->programs.node = config_map_get(node, "object");
    contradictory = ring_config_check(&config->ring, diag) < 0;
    if (open_object(source, config, node, diag) < 0)
        return -EINVAL;
    if (programs_choose(state->object, &config->programs, diag) < 0)
        result = -EINVAL;
    source->if_silent = unseen_calls_possible(state->object)
                            ? "its programs are attached; trigger an event that they trace (calls "
                              "that the compiler has inlined in the kernel are not seen)"
                            : "its programs are attached; trigger an event that they trace";
    if (keep_check(&config->keep, state->object, node, diag) < 0)
        result = -EINVAL;
    if (constants_set(state->object->plan, config->constants, diag) < 0)
        result = -EINVAL;
    if (map_config_set(state->object, config->maps, config->keep.mode != KEEP_NONE, diag) < 0)
        result = -EINVAL;
    if (contradictory || object_rings_choose(state, config->rings, &config->ring, diag) < 0)
        return -EINVAL;
    if (map_config_check_sizes(state->object->plan, config->programs.node, diag) < 0)
        result = -EINVAL;
    if (result == 0 && check_inner_maps(state, config->programs.node, diag) < 0)
        result = -EINVAL;
    return object_source_make_streams(source, node, diag) < 0 ? -EINVAL : result;
}

void object_source_close(struct source *source)
{
    struct object_source *state = source->state;

    if (!state)
        return;
    for (uint32_t i = 0; i < state->n_rings; i++) {
        struct object_ring *ring = &state->rings[i];

        lost_stop(&ring->lost);
        shards_close(&ring->shards);
        free(ring->own);
        perf_events_free(ring->perf);
        if (ring->template_fd >= 0)
            close(ring->template_fd);
    }
    object_rings_free(state);
    skipped_runs_close(&state->skipped);
    object_free(state->object);
    kept_set_free(state->kept);
    kept_sets_deinit(&state->predecessors);
    free(state->bytes);
    free(state);
}

/* ---- load ------------------------------------------------------------------------------------ */

/* Authors name the type of a ring's records in its definition, but the kernel refuses a ring with
 * the sizes that libbpf passes on then. */
static void clear_sizes(struct bpf_object *fresh)
{
    struct bpf_map *map;

    bpf_object__for_each_map(map, fresh)
    {
        if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
            continue;
        bpf_map__set_key_size(map, 0);
        bpf_map__set_value_size(map, 0);
    }
}

static bool fits_template(const struct object_ring *ring, const struct bpf_map *inner)
{
    return inner && bpf_map__max_entries(inner) == ring->template_size &&
           bpf_map__key_size(inner) == 0 && bpf_map__value_size(inner) == 0;
}

/* libbpf creates the template of a map of rings with the sizes in the object; others need another
 * template. */
static int prepare(struct bpf_object *fresh, void *data, struct error *error)
{
    struct object_source *state = data;

    clear_sizes(fresh);
    for (uint32_t i = 0; i < state->n_rings; i++) {
        struct object_ring *ring = &state->rings[i];
        struct bpf_map *outer = bpf_object__find_map_by_name(fresh, ring->name);
        const struct bpf_map *inner = ring->sharded ? bpf_map__inner_map(outer) : NULL;

        if (!ring->sharded || fits_template(ring, inner))
            continue;
        if (ring->template_fd < 0)
            ring->template_fd = shards_make_ring(ring->name, ring->template_size);
        if (ring->template_fd < 0)
            return error_set(error, ring->template_fd,
                             "cannot create a ring of %u bytes for map %s: %s", ring->template_size,
                             ring->name, strerror(-ring->template_fd));
        bpf_map__set_inner_map_fd(outer, ring->template_fd);
    }
    return state->prepare ? state->prepare(fresh, error) : 0;
}

/* Takes the rings that libbpf has put in, or creates new ones. */
static int open_shards(const struct object_source *state, struct object_ring *ring,
                       struct error *error)
{
    int outer = object_map_fd(state->object, ring->name);
    int fds[SHARDS_MAX];

    if (ring->perf)
        return perf_events_open(ring->perf, outer, &ring->shards, error);
    if (!ring->sharded)
        return shards_borrow(&ring->shards, &outer, 1, error);
    if (ring->n_inner_maps == 0)
        return shards_make(&ring->shards, outer, ring->name, ring->template_size, error);
    if (ring->n_inner_maps > SHARDS_MAX)
        return error_set(error, -E2BIG, "map %s contains %u rings; at most %d can be read",
                         ring->name, ring->n_inner_maps, SHARDS_MAX);
    for (uint32_t i = 0; i < ring->n_inner_maps; i++)
        fds[i] = object_map_fd(state->object, ring->inner_maps[i]);
    return shards_borrow(&ring->shards, fds, ring->n_inner_maps, error);
}

static int load(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result;

    state->object->prepare = prepare;
    state->object->prepare_data = state;
    result = object_load(state->object, error);
    if (result == 0)
        skipped_runs_watch(&state->skipped, state->object);
    for (uint32_t i = 0; i < state->n_rings && result == 0; i++) {
        struct object_ring *ring = &state->rings[i];

        result = open_shards(state, ring, error);
        source->streams[i].n_rings = ring->shards.n;
        if (result == 0 && ring->lost.map)
            result = lost_start(&ring->lost, object_map_fd(state->object, ring->lost.map), error);
    }
    return result;
}

int object_source_load(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result = kept_source_adopt(source, error);

    if (result == 0)
        result = load(source, error);
    if (result >= 0)
        result = own_rings_make(state, error);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < state->n_rings; i++)
        source->streams[i].n_rings += predecessor_count_rings(state, i);
    source->found = source->adopted || state->predecessors.count > 0;
    if (source->once && !source->adopted && predecessors_are_read(state))
        takeover_begin(state);
    return 0;
}

/* ---- the rest of its life -------------------------------------------------------------------- */

int object_source_attach(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result = kept_source_begin(source, error);

    if (result == 0 && !source->adopted)
        result = object_attach(state->object, error);
    if (result == 0)
        result = kept_source_finish(source, error);
    if (result == 0 && !source->takes_over)
        takeover_run(source);
    return result;
}

void object_source_detach(struct source *source)
{
    struct object_source *state = source->state;
    uint64_t skipped;

    skipped_runs_read(&state->skipped, &skipped); /* while the links can still be read */
    if (source->kept)
        kept_source_detach(state);
    else
        object_detach(state->object);
}

void object_source_leave(struct source *source)
{
    struct object_source *state = source->state;

    kept_source_settle_lost(state);
    predecessors_drop_read(source);
    attachments_leave(&state->object->attachments);
}

void object_source_release(struct source *source)
{
    if (source->kept)
        kept_source_drop(source);
    source->kept = false;
}

void object_source_undo(struct source *source)
{
    struct object_source *state = source->state;

    if (!source->kept)
        object_detach(state->object);
    else if (source->adopted)
        object_source_leave(source);
    else
        kept_source_undo(state);
    source->kept = false;
}

int object_source_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count)
{
    struct object_source *state = source->state;
    struct object_ring *ring = &state->rings[stream];
    int result;

    if (ring->perf) {
        *ret_count = (struct lost_count){.records = perf_events_lost(ring->perf, source->name)};
        return 0;
    }
    result = lost_read(&ring->lost, source->name, ret_count);

    if (result < 0)
        return result;
    kept_source_note_lost(state, stream);
    ret_count->records += predecessors_lost(state, stream);
    return 0;
}

int object_source_skipped(const struct source *source, uint64_t *ret_skipped)
{
    struct object_source *state = source->state;
    int result = skipped_runs_read(&state->skipped, ret_skipped);

    if (result == 0 && state->kept && state->kept->ledger)
        atomic_store(&state->kept->ledger->skipped, state->skipped.sum);
    return result;
}

const char *object_source_program(const struct source *source, uint32_t index)
{
    return object_attached(((struct object_source *)source->state)->object, index);
}

const struct source_kind source_object = {
    .name = "object",
    .settings = object_settings,
    .config_size = sizeof(struct object_config),
    .ring_settings = ring_settings,
    .ring_offset = offsetof(struct object_config, ring),
    .keep_offset = offsetof(struct object_config, keep),
    .open = object_kind_open,
    .close = object_source_close,
    .load = object_source_load,
    .attach = object_source_attach,
    .detach = object_source_detach,
    .leave = object_source_leave,
    .release = object_source_release,
    .follow = takeover_follow,
    .take_over = takeover_run,
    .undo = object_source_undo,
    .lost = object_source_lost,
    .skipped = object_source_skipped,
    .open_ring = own_rings_open,
    .ring_bounds = own_rings_bounds,
    .program = object_source_program,
};
