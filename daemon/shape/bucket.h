// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A token bucket without rounding: it holds shares of a record, so small that one nanosecond always
 * brings a whole number of them.
 *
 *     100/s   a record costs 10^9 shares, a nanosecond brings 100 of them
 *
 * A full bucket holds `burst` records' worth. */

#include <stdbool.h>
#include <stdint.h>

#include "config/scalar.h"

enum { BUCKET_BURST_MAX = 1000000 }; /* times an hour in ns, this still fits 64 bits */

struct bucket_rate {
    uint64_t refill; /* shares that a nanosecond brings */
    uint64_t cost;   /* of a record, in shares */
    uint64_t full;   /* shares in a full bucket */
    uint64_t filled; /* ns after which any bucket is full */
};

struct bucket {
    uint64_t shares;
    int64_t time; /* ns, monotonic: when it had them */
};

/* rate's count and burst are at least 1, burst at most BUCKET_BURST_MAX. */
struct bucket_rate bucket_rate(const struct scalar_rate *rate, uint32_t burst);

/* Makes the bucket full at now: ns, monotonic. */
void bucket_fill(struct bucket *bucket, const struct bucket_rate *rate, int64_t now);

/* False: there is not enough for one more record. now never goes back. */
bool bucket_take(struct bucket *bucket, const struct bucket_rate *rate, int64_t now);
