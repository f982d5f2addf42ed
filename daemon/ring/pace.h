// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether to sleep in epoll or to take a timed nap, and for how long. Arithmetic only: times and
 * amounts come in, a length comes out.
 *
 * A wake-up costs the producer more than a record does, and a reader that has caught up is woken by
 * the very next one. So once wake-ups become frequent (hot), a nap gathers many records for one
 * wake-up; meanwhile the kernel sends none, since the record at the consumer position is older. At
 * low rates (cold) naps would only add latency. */

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t max_latency; /* ns, the longest nap; UINT64_MAX: never nap */
    bool hot;
    uint64_t last;      /* when the last sleep began; 0: never */
    uint64_t interval;  /* ns between sleeps, smoothed */
    uint64_t rate;      /* records per second, smoothed */
    uint64_t fill_rate; /* PACE_FULLs of the fastest-filling ring per second, smoothed */
    uint64_t overshoot; /* ns that naps take longer than asked for, smoothed */
};

/* A full ring, in the unit of fills. */
#define PACE_FULL UINT64_C(65536)

/* max_latency: ns that a record may wait in a nap. */
void pace_init(struct pace *pace, uint64_t max_latency);

/* Called when the reader has caught up and wants to sleep. records came since the last call; fill
 * is what the fastest-filling ring got meanwhile, in parts of PACE_FULL. Returns the length of the
 * nap in ns, or 0: sleep in epoll. */
uint64_t pace_next(struct pace *pace, uint64_t now, uint64_t records, uint64_t fill);

/* Learns from a nap of `asked` ns that took `slept` and ended by time alone. */
void pace_learn(struct pace *pace, uint64_t asked, uint64_t slept);
