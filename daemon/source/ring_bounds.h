// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The part of a ring that counts. Positions of a ring are multiples of 8, so all ones is not one.
 */

#include <stdatomic.h>
#include <stdint.h>

struct ringmill_ring;

#define RING_FROM_LATER UINT64_MAX
#define RING_UNTIL_OPEN UINT64_MAX

/* Written on the loader thread, `until` of a running source's own ring on the consumer thread; any
 * thread reads. */
struct ring_bounds {
    _Atomic uint64_t from;  /* records before it do not count; RING_FROM_LATER: none does yet */
    _Atomic uint64_t until; /* nor those from here on; RING_UNTIL_OPEN: all do */
};

/* With the lease of the ring, between batches: the part that counts ends where the ring ends now,
 * and it is read no further. The bounds must outlive the ring. */
void ring_bounds_end(struct ring_bounds *bounds, struct ringmill_ring *ring);
