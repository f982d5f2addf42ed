// SPDX-License-Identifier: Apache-2.0

/* A ring that somebody else goes on filling is never empty, so reading it to its end means: to the
 * position where it ended when the stop, or its removal by a reload, began. */

#include "pipeline/drain.h"

#include <ringmill/ring.h>

#include "pipeline/losses.h"
#include "pipeline/replay.h"

/* Bytes before that position that nobody has looked at; what waits for acknowledgements is not
 * among them. A corrupt ring gives nothing any more. */
static uint64_t unread(const struct ringmill_ring *ring, uint64_t end)
{
    uint64_t left = end - ringmill_ring_position(ring);

    return left > INT64_MAX || ringmill_ring_health(ring, NULL) < 0 ? 0 : left;
}

bool drain_is_behind(const struct graph_stream *stream)
{
    if (stream->stream->capture)
        return !replay_ended(stream);
    for (uint32_t i = 0; i < stream->n_rings; i++)
        if (unread(stream->rings[i]->ring, ringmill_ring_end(stream->rings[i]->ring)) > 0)
            return true;
    return false;
}

void drain_begin(struct graph_stream *stream)
{
    for (uint32_t i = 0; !stream->ending && i < stream->n_rings; i++)
        stream->rings[i]->last = ringmill_ring_end(stream->rings[i]->ring);
    stream->ending = true;
}

bool drain_has_read(const struct graph_stream *stream)
{
    for (uint32_t i = 0; i < stream->n_rings; i++)
        if (unread(stream->rings[i]->ring, stream->rings[i]->last) > 0)
            return false;
    return true;
}

bool drain_is_over(const struct graph_stream *stream)
{
    return drain_has_read(stream) && !losses_posted(stream);
}

uint64_t drain_count_unread(const struct graph_stream *stream, uint64_t *bytes)
{
    uint64_t records = 0;

    for (uint32_t i = 0; stream->ending && !stream->left && i < stream->n_rings; i++) {
        const struct graph_ring *ring = stream->rings[i];
        uint64_t left = unread(ring->ring, ring->last);

        *bytes += left;
        if (left > 0)
            records += ringmill_ring_count(ring->ring, ring->last);
    }
    return records;
}
