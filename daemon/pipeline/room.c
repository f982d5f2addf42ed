// SPDX-License-Identifier: Apache-2.0
#include "pipeline/room.h"

#include <ringmill/ring.h>

#include "pipeline/held.h"
#include "pipeline/rings.h"

bool room_in_lanes(const struct input *input)
{
    bool room = true;

    /* all of them: one that drops makes room when it is asked */
    for (uint32_t i = 0; i < input->n_sinks; i++)
        room &= lane_has_room(&input->sinks[i]->lane);
    return room;
}

bool room_held_up(const struct input_ring *ring)
{
    if (!ring->input->at_least_once)
        return ring->held && held_waits(ring->held);
    return ringmill_ring_position(ring->handle) - ringmill_ring_committed(ring->handle) >
           ring->unacked_max;
}

/* By what is acknowledged now: a paused input has no batch after which it would be published. */
bool room_stream_held_up(const struct input *input)
{
    bool held_up = false;

    for (uint32_t i = 0; i < input->n_rings; i++) {
        if (input->rings[i]->held)
            rings_settle(input->rings[i]);
        held_up |= room_held_up(input->rings[i]);
    }
    return held_up;
}

bool room_in_stream(const struct input *input)
{
    for (uint32_t i = 0; input->makes_records && i < input->n_types; i++)
        for (uint32_t j = 0; j < input->types[i].n_chains; j++)
            if (chain_waits(input->types[i].chains[j]))
                return false;
    return room_in_lanes(input);
}
