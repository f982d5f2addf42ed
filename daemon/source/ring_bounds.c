// SPDX-License-Identifier: Apache-2.0
#include "source/ring_bounds.h"

#include "ring/ring.h"

void ring_bounds_end(struct ring_bounds *bounds, struct ringmill_ring *ring)
{
    atomic_store(&bounds->until, ringmill_ring_end(ring));
    ring_read_until(ring, &bounds->until);
}
