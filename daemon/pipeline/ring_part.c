// SPDX-License-Identifier: Apache-2.0
#include "pipeline/ring_part.h"

#include <ringmill/ring.h>

#include "source/ring_bounds.h"

void ring_part_begin(struct input_ring *ring)
{
    ring->overlaps = ring->bounds && !ring->input->at_least_once;
}

/* Positions may wrap, and a place that lies further ahead than the ring is long was passed. */
static bool is_before(const struct input_ring *ring, uint64_t position, uint64_t from)
{
    uint64_t ahead = from - position;

    return from == RING_FROM_LATER || (ahead > 0 && ahead <= ringmill_ring_size(ring->handle));
}

bool ring_part_leave_out(struct input_ring *ring, struct batch *batch)
{
    uint64_t from = atomic_load_explicit(&ring->bounds->from, memory_order_acquire);
    uint32_t count = 0;

    while (count < batch->count && is_before(ring, batch->views[count].position, from))
        count++;
    counter_add(&ring->overlap, count);
    batch->views += count;
    batch->count -= count;
    ring->overlaps = batch->count == 0;
    return batch->count > 0;
}

void ring_part_end_input(struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (input->rings[i]->bounds)
            ring_bounds_end(input->rings[i]->bounds, input->rings[i]->handle);
}
