// SPDX-License-Identifier: Apache-2.0

/* Opening is apart from reading, so that what cannot be opened is known while nothing has changed
 * yet. */

#include "pipeline/rings.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/held.h"

/* ---- opening --------------------------------------------------------------------------------- */

/* Opens the input's next ring. */
static int open_ring(struct graph *graph, struct input *input, struct error *error)
{
    struct ringmill_ring *ring;
    int result = source_open_ring(input->source, input->index, input->n_rings, error, &ring);

    if (result < 0)
        return result;
    result = graph_add_ring(graph, input, ring);
    if (result == 0)
        return 0;
    ringmill_ring_free(ring);
    return result == -ENOSPC
               ? error_set(error, result, "source %s: there are more than %d rings in total",
                           input->source->name, GRAPH_RINGS_MAX)
               : error_set(error, result, "out of memory");
}

static int open_input(struct graph *graph, struct input *input, struct error *error)
{
    int result = 0;

    while (input->n_rings < input->stream->n_rings && result == 0)
        result = open_ring(graph, input, error);
    for (uint32_t i = 0; i < input->n_rings && result == 0; i++) {
        if (rings_hold_anew(input->rings[i], input, NULL, &input->rings[i]->held) < 0)
            result = error_set(error, -ENOMEM, "out of memory");
        rings_limit(input->rings[i]);
    }
    return result;
}

int rings_open(struct graph *graph, struct error *error)
{
    int result = 0;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams && result == 0; j++)
            if (graph_is_own(graph->sources[i].share))
                result = open_input(graph, &graph->sources[i].inputs[j], error);
    return result;
}

/* ---- commits that wait ----------------------------------------------------------------------- */

void rings_settle(struct input_ring *ring)
{
    uint64_t position;

    if (held_take(ring->held, &position))
        ringmill_ring_commit(ring->handle, position);
}

static void commit_ring(struct input_ring *ring)
{
    if (ring->held)
        rings_settle(ring);
    if (!ring->held || !held_waits(ring->held))
        ringmill_ring_commit_all(ring->handle);
}

void rings_commit(struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        commit_ring(input->rings[i]);
    input->uncommitted = 0;
}

void rings_limit(struct input_ring *ring)
{
    const struct unacked_limit *limit = &ring->input->max_unacked;
    uint64_t part = ringmill_ring_size(ring->handle) / 100 * limit->percent;

    ring->unacked_max = !ring->input->at_least_once ? UINT64_MAX
                        : part < limit->bytes       ? part
                                                    : limit->bytes;
}

static void add_lane(struct lane **lanes, uint32_t *n_lanes, struct lane *lane)
{
    for (uint32_t i = 0; i < *n_lanes; i++)
        if (lanes[i] == lane)
            return;
    lanes[(*n_lanes)++] = lane;
}

static bool has_ended(const struct graph *ended, const struct lane *lane)
{
    for (uint32_t i = 0; ended && i < ended->n_sinks; i++)
        if (&ended->sinks[i]->lane == lane)
            return graph_is_own(&ended->sinks[i]->share);
    return false;
}

/* Those that have something of the ring, whatever its input's delivery is by now. */
static void add_former(struct lane **lanes, uint32_t *n_lanes, const struct held *held,
                       const struct graph *ended)
{
    uint32_t n_former;
    struct lane *const *former = held_lanes(held, &n_former);

    for (uint32_t i = 0; i < n_former; i++)
        if (!has_ended(ended, former[i]))
            add_lane(lanes, n_lanes, former[i]);
}

int rings_hold_anew(const struct input_ring *ring, const struct input *input,
                    const struct graph *ended, struct held **ret_held)
{
    struct lane *lanes[2 * GRAPH_SINKS_MAX];
    uint32_t n_lanes = 0, n_active;
    bool waits = ring->held && held_waits(ring->held);

    *ret_held = NULL;
    for (uint32_t i = 0; input->at_least_once && i < input->n_keepers; i++)
        add_lane(lanes, &n_lanes, &input->keepers[i]->lane);
    n_active = n_lanes;
    if (waits)
        add_former(lanes, &n_lanes, ring->held, ended);
    if (!input->at_least_once && !waits)
        return 0;
    *ret_held = held_new(lanes, n_lanes, n_active);
    if (!*ret_held)
        return -ENOMEM;
    if (ring->held)
        held_copy(*ret_held, ring->held);
    return 0;
}

static int watch_ring(struct ringmill_reader *reader, struct input_ring *ring, struct error *error)
{
    int result = ringmill_reader_add(reader, ring->handle, ring);

    ring->watched = result == 0;
    if (result == 0)
        return 0;
    return error_set(error, result, "source %s: cannot wait for records of the ring: %s",
                     ring->about, strerror(-result));
}

static void unwatch_ring(struct ringmill_reader *reader, struct input_ring *ring)
{
    ringmill_reader_remove(reader, ring->handle);
    ring->watched = false;
}

static int merge_rings(struct ringmill_reader *reader, const struct input *input)
{
    const struct stream *of = input->stream;
    struct ringmill_ring **rings = calloc(input->n_rings + 1, sizeof(struct ringmill_ring *));
    int result = rings ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < input->n_rings && rings; i++)
        rings[i] = input->rings[i]->handle;
    if (result == 0)
        result =
            ringmill_reader_merge(reader, rings, input->n_rings, of->order.offset, of->order_hold);
    free(rings);
    return result;
}

int rings_watch(struct ringmill_reader *reader, struct input *input, struct error *error)
{
    uint32_t watched = 0;
    int result = 0;

    while (watched < input->n_rings && result == 0) {
        result = watch_ring(reader, input->rings[watched], error);
        watched += result == 0;
    }
    if (result == 0 && input->n_rings > 0 && input->stream->ordered &&
        merge_rings(reader, input) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    while (result < 0 && watched > 0)
        unwatch_ring(reader, input->rings[--watched]);
    return result;
}

void rings_unwatch(struct ringmill_reader *reader, struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        unwatch_ring(reader, input->rings[i]);
}
