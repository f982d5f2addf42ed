// SPDX-License-Identifier: Apache-2.0
/* Two thresholds with a gap between them, so that a rate at the edge does not flap. "Hot" begins by
 * the frequency of sleeps, because sleeps cost; it ends by the rate of records, because while
 * napping this file itself sets the frequency of sleeps.
 *
 * A nap is as long as the fastest-filling ring needs for an eighth, minus the usual overshoot of
 * naps (timer slack and scheduling). A rising fill rate counts by half at once; a falling one is
 * forgotten by time, not by naps: a producer that pauses for some milliseconds continues as fast as
 * before, and by then the nap must not have grown. The first nap is short, because until then the
 * measured rate is that of producers slowed down by waking the reader. */
#include "ring/pace.h"

#define SECOND        UINT64_C(1000000000)
#define HOT_INTERVAL  UINT64_C(200000)   /* ns: more than 5,000 sleeps per second */
#define COLD_RATE     UINT64_C(2500)     /* records per second */
#define INTERVAL_MAX  UINT64_C(10000000) /* ns: longer pauses all mean "cold" */
#define NAP_MIN       UINT64_C(20000)    /* ns: a shorter nap is not worth its system call */
#define SLACK         UINT64_C(60000)    /* ns: assumed overshoot of naps until it is measured */
#define MEMORY        UINT64_C(20000000) /* ns until a fill rate is forgotten */
#define RELIEF        4 /* how much faster, at most, producers are that send no wake-ups */
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

/* Aims at half of the promised quarter, because naps jitter; but the shortest nap is taken as long
 * as it keeps the promise. */
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
