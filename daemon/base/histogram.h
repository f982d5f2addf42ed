// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How long something took, in powers of two: fixed buckets, one writing thread, any reader.
 *
 *     bucket     0        1         2               25          26
 *     up to   1.024 us  2.048 us  4.096 us  ...   34.4 s   without end
 */

#include <stdint.h>

#include "base/counter.h"

enum {
    HISTOGRAM_FIRST_BIT = 10, /* bucket 0 holds up to 2^10 ns */
    HISTOGRAM_BOUNDED = 26,   /* buckets with an upper bound, each twice the previous one */
    HISTOGRAM_BUCKETS = HISTOGRAM_BOUNDED + 1,
};

struct histogram {
    counter buckets[HISTOGRAM_BUCKETS];
    counter sum; /* ns */
};

/* By the one writer only. A negative time (a clock of someone else's) counts as 0. */
static inline void histogram_add(struct histogram *histogram, int64_t ns)
{
    uint64_t value = ns > 0 ? (uint64_t)ns : 0;
    unsigned bits = value > 1 ? 64 - (unsigned)__builtin_clzll(value - 1) : 0;
    unsigned bucket = bits <= HISTOGRAM_FIRST_BIT ? 0 : bits - HISTOGRAM_FIRST_BIT;

    if (bucket > HISTOGRAM_BOUNDED)
        bucket = HISTOGRAM_BOUNDED;
    counter_add(&histogram->buckets[bucket], 1);
    counter_add(&histogram->sum, value);
}

/* The most that bucket i (below HISTOGRAM_BOUNDED) holds, in ns. */
static inline uint64_t histogram_bound(unsigned i)
{
    return UINT64_C(1) << (HISTOGRAM_FIRST_BIT + i);
}
