// SPDX-License-Identifier: Apache-2.0
#include "pipeline/room.h"

#include <ringmill/ring.h>

#include "pipeline/held.h"
#include "pipeline/rings.h"

bool room_in_lanes(const struct graph_stream *stream)
{
    bool room = true;

    /* all of them: one that drops makes room when it is asked */
    for (uint32_t i = 0; i < stream->n_sinks; i++)
        room &= lane_has_room(&stream->sinks[i]->lane);
    return room;
}

bool room_held_up(const struct graph_ring *ring)
{
    if (!ring->stream->at_least_once)
        return ring->held && held_waits(ring->held);
    return ringmill_ring_position(ring->ring) - ringmill_ring_committed(ring->ring) >
           ring->unacked_max;
}

/* By what is acknowledged now: a paused stream has no batch after which it would be published. */
bool room_stream_held_up(const struct graph_stream *stream)
{
    bool held_up = false;

    for (uint32_t i = 0; i < stream->n_rings; i++) {
        if (stream->rings[i]->held)
            rings_settle(stream->rings[i]);
        held_up |= room_held_up(stream->rings[i]);
    }
    return held_up;
}

bool room_in_stream(const struct graph_stream *stream)
{
    for (uint32_t i = 0; stream->makes_records && i < stream->n_types; i++)
        for (uint32_t j = 0; j < stream->types[i].n_chains; j++)
            if (chain_waits(stream->types[i].chains[j]))
                return false;
    return room_in_lanes(stream);
}
