// SPDX-License-Identifier: Apache-2.0

/* Counting whole records and the time of the last one would lose what is left of a record at each
 * look; with 3/s and a look every millisecond that is all of it. */

#include "shape/bucket.h"

struct bucket_rate bucket_rate(const struct scalar_rate *rate, uint32_t burst)
{
    struct bucket_rate ret = {.refill = rate->count, .cost = rate->per};

    ret.full = burst * rate->per;
    ret.filled = ret.full / ret.refill + 1;
    return ret;
}

void bucket_fill(struct bucket *bucket, const struct bucket_rate *rate, int64_t now)
{
    bucket->shares = rate->full;
    bucket->time = now;
}

bool bucket_take(struct bucket *bucket, const struct bucket_rate *rate, int64_t now)
{
    uint64_t passed = (uint64_t)(now - bucket->time);

    if (passed >= rate->filled) {
        bucket->shares = rate->full;
    } else if (passed > 0) {
        bucket->shares += passed * rate->refill;
        if (bucket->shares > rate->full)
            bucket->shares = rate->full;
    }
    bucket->time = now;
    if (bucket->shares < rate->cost)
        return false;
    bucket->shares -= rate->cost;
    return true;
}
