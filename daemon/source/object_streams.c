// SPDX-License-Identifier: Apache-2.0

/* The streams of a source with a BPF object: one for each chosen ring, with the types, the order
 * and the loss counter that its settings name. */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/object.h"
#include "source/object_source.h"
#include "source/perf_events.h"
#include "source/record_type.h"
#include "source/stream_types.h"

static int find_lost(const struct object_source *state, struct object_ring *ring, struct diag *diag)
{
    struct error error;

    if (ring->perf && ring->config->lost) {
        diag_add(diag, ring_config_at(ring->config, "lost"),
                 "\"%s\" is a perf event array, whose lost records the kernel counts; remove lost",
                 ring->name);
        return -EINVAL;
    }
    if (ring->perf)
        return 0;
    if (!ring->config->lost) {
        lost_find_default(state->object->plan, ring->name, &ring->lost);
        return 0;
    }
    if (lost_find(state->object->plan, ring->config->lost, &error, &ring->lost) == 0)
        return 0;
    diag_add_error(diag, ring_config_at(ring->config, "lost"), &error);
    return -EINVAL;
}

static int check_order(const struct object_ring *ring, struct diag *diag)
{
    if (!ring->config->order || ring->sharded || ring->perf)
        return 0;
    diag_add(
        diag, ring_config_at(ring->config, "order"),
        "order is only for a map of rings and for a perf event array; \"%s\" is a single ring, "
        "whose records are in order already",
        ring->name);
    return -EINVAL;
}

/* The other rings as a config names them; NULL: it is the only one. The caller frees it. */
static char *list_others(const struct object_source *state, const struct object_ring *ring)
{
    char *text = NULL;

    for (uint32_t i = 0; i < state->n_rings; i++) {
        _cleanup_(cleanup_free) char *before = text;

        if (&state->rings[i] == ring)
            before = NULL;
        else if (asprintf(&text, "%s, %s: {}", before ? before : "", state->rings[i].name) < 0)
            return NULL;
    }
    return text;
}

/* What is only possible with rings that outlive the process. */
static int check_perf(const struct source *source, const struct object_ring *ring,
                      const struct config_node *node, struct diag *diag)
{
    const struct object_source *state = source->state;
    bool is_pinned = bpf_map__pin_path(ring->map);

    if (!ring->perf || (!is_pinned && state->keep->mode == KEEP_NONE))
        return 0;
    diag_add(diag, config_map_get(node, is_pinned ? "maps" : "keep"),
             "\"%s\" is a perf event array, whose rings end with the process that reads them; "
             "remove %s",
             ring->name, is_pinned ? "pin" : "keep");
    return -EINVAL;
}

/* The lengths of its records are needed to tell them from what the kernel adds. */
static int note_lengths(const struct object *object, struct object_ring *ring,
                        const struct stream *stream, const struct config_node *node,
                        struct diag *diag)
{
    struct record_lengths lengths;

    if (!ring->perf)
        return 0;
    record_type_lengths(object_btf(object), object->bytes, object->size, ring->name, &lengths);
    if (perf_events_note_lengths(ring->perf, &lengths, stream) == 0)
        return 0;
    diag_add(diag, node, "out of memory");
    return -ENOMEM;
}

static uint32_t find_longest(const struct type_origin *origin)
{
    struct record_lengths lengths;

    record_type_lengths(origin->btf, origin->elf, origin->elf_size, origin->ring, &lengths);
    return lengths.count > 0 ? lengths.list[lengths.count - 1] : 0;
}

static int make_stream(const struct source *source, struct object_ring *ring, struct stream *stream,
                       const struct config_node *node, struct diag *diag)
{
    const struct object_source *state = source->state;
    const struct object *object = state->object;
    _cleanup_(cleanup_free) char *others = list_others(state, ring);
    struct type_origin origin = {.ring = ring->name,
                                 .btf = object_btf(object),
                                 .elf = object->bytes,
                                 .elf_size = object->size,
                                 .other_rings = others};
    int result = find_lost(state, ring, diag);

    stream->name = ring->name;
    stream->perf = ring->perf != NULL;
    stream->longest = find_longest(&origin);
    stream->counted = stream->perf || ring->lost.map != NULL;
    stream->ring_size =
        ring->sharded || ring->perf ? ring->template_size : bpf_map__max_entries(ring->map);
    if (ring->sharded && ring->n_inner_maps > 0)
        stream->ring_size =
            bpf_map__max_entries(bpf_object__find_map_by_name(object->plan, ring->inner_maps[0]));
    if (check_order(ring, diag) < 0 || check_perf(source, ring, node, diag) < 0)
        result = -EINVAL;
    if (stream_types_find(&origin, ring->config, source->name, stream, diag) < 0)
        return -EINVAL;
    return note_lengths(object, ring, stream, node, diag) < 0 ? -ENOMEM : result;
}

int object_source_make_streams(struct source *source, const struct config_node *node,
                               struct diag *diag)
{
    struct object_source *state = source->state;
    int result = 0;

    source->streams = streams_new(state->n_rings);
    if (!source->streams) {
        diag_add(diag, node, "out of memory");
        return -ENOMEM;
    }
    source->n_streams = state->n_rings;
    for (uint32_t i = 0; i < state->n_rings; i++)
        if (make_stream(source, &state->rings[i], &source->streams[i], node, diag) < 0)
            result = -EINVAL;
    return result;
}
