// SPDX-License-Identifier: Apache-2.0
/* Two thresholds with a gap between them, so that a rate at the edge does not flap: hot begins by
 * the frequency of sleeps, for that is what costs, and ends by the rate of records, for while
 * napping the frequency of sleeps is this file's own doing.
 *
 * A nap is as long as the fastest-filling ring needs for an eighth, less what naps overshoot (timer
 * slack and scheduling). A rising fill rate counts by half at once; a falling one is forgotten by
 * time, not by naps: a producer that pauses for some milliseconds goes on as fast as before, into a
 * nap that must not have grown. The first nap is short, for the rate that was measured until then
 * is that of producers slowed down by waking the reader. */
#include "ring/pace.h"

#define SECOND        UINT64_C(1000000000)
#define HOT_INTERVAL  UINT64_C(200000)   /* ns: more than 5,000 sleeps per second */
#define COLD_RATE     UINT64_C(2500)     /* records per second */
#define INTERVAL_MAX  UINT64_C(10000000) /* ns: longer pauses all mean "cold" */
#define NAP_MIN       UINT64_C(20000)    /* ns: below this a nap is a system call for nothing */
#define SLACK         UINT64_C(60000)    /* ns: what naps overshoot until it is known better */
#define MEMORY        UINT64_C(20000000) /* ns until a fill rate is forgotten */
#define RELIEF        4 /* producers that wake nobody are so much faster, at the most */
#define OVERSHOOT_MAX UINT64_C(1000000)

void pace_init(struct pace *pace, uint64_t max_latency)
{
    *pace = (struct pace){.max_latency = max_latency, .interval = INTERVAL_MAX, .overshoot = SLACK};
}

static uint64_t smooth_rate(uint64_t old, uint64_t new)
{
    return new > old ? new : (3 * old + new) / 4;
}

static uint64_t smooth_fill_rate(uint64_t old, uint64_t new, uint64_t elapsed)
{
    uint64_t kept = elapsed < MEMORY ? old - old / 1024 * (1024 * elapsed / MEMORY) : 0;

    return new > kept ? (new + kept) / 2 : kept;
}

static bool is_hot(struct pace *pace, uint64_t elapsed)
{
    if (pace->hot)
        return pace->rate >= COLD_RATE;
    if (elapsed > INTERVAL_MAX)
        elapsed = INTERVAL_MAX;
    pace->interval = (7 * pace->interval + elapsed) / 8;
    return pace->interval < HOT_INTERVAL;
}

/* Aims at half of the quarter that is promised, for naps jitter; but the shortest nap is taken as
 * long as it keeps the promise. */
static uint64_t nap_length(const struct pace *pace, bool first)
{
    uint64_t nap = pace->max_latency;
    uint64_t eighth = pace->fill_rate ? PACE_FULL / 8 * SECOND / pace->fill_rate : nap;

    if (first)
        eighth /= RELIEF;
    if (eighth < nap)
        nap = eighth;
    if (nap >= pace->overshoot + NAP_MIN)
        return nap - pace->overshoot;
    return 2 * nap >= pace->overshoot + NAP_MIN ? NAP_MIN : 0;
}

uint64_t pace_next(struct pace *pace, uint64_t now, uint64_t records, uint64_t fill)
{
    uint64_t elapsed = now - pace->last;
    bool first = pace->last == 0;
    bool hot;

    pace->last = now;
    if (first || pace->max_latency == UINT64_MAX)
        return 0;
    if (elapsed == 0)
        elapsed = 1;
    if (elapsed > SECOND)
        elapsed = SECOND;
    pace->rate = smooth_rate(pace->rate, records * SECOND / elapsed);
    pace->fill_rate = smooth_fill_rate(pace->fill_rate, fill * SECOND / elapsed, elapsed);
    hot = is_hot(pace, elapsed);
    if (pace->hot && !hot)
        pace->interval = INTERVAL_MAX;
    first = !pace->hot;
    pace->hot = hot;
    return hot ? nap_length(pace, first) : 0;
}

void pace_learn(struct pace *pace, uint64_t asked, uint64_t slept)
{
    uint64_t overshoot = slept > asked ? slept - asked : 0;

    if (overshoot > OVERSHOOT_MAX)
        overshoot = OVERSHOOT_MAX;
    pace->overshoot = (7 * pace->overshoot + overshoot) / 8;
}
