// SPDX-License-Identifier: Apache-2.0

/* Opening is apart from reading, so that what cannot be opened is known while nothing has changed
 * yet. */

#include "pipeline/rings.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/commit.h"

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
        if (commit_new_queue(input->rings[i], input, NULL, &input->rings[i]->commits) < 0)
            result = error_set(error, -ENOMEM, "out of memory");
        commit_set_limit(input->rings[i]);
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

/* ---- reading --------------------------------------------------------------------------------- */

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
