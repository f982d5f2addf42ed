// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A count that one thread writes and any thread reads. One writer means no locked instruction: a
 * plain load and store that no reader can see torn. */

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter;

/* By the one writer only. All accounting on a record's way comes down to this, so a build of
 * tests/bench/accounting without it (RINGMILL_UNCOUNTED) shows what accounting costs. */
static inline void counter_add(counter *count, uint64_t more)
{
#ifdef RINGMILL_UNCOUNTED
    (void)count;
    (void)more;
    return;
#endif
    uint64_t now = atomic_load_explicit(count, memory_order_relaxed);

    atomic_store_explicit(count, now + more, memory_order_relaxed);
}

/* Any thread. */
static inline uint64_t counter_get(const counter *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}
