// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The end of what an engine runs, within a bound. Everything counts from one moment:
 *
 *     0 ─────────────────▶ 4/5 of the limit ──────▶ the limit ───────────▶ + STOP_REST_S
 *     programs are           rings are not            sinks are given up:    what still has not
 *     detached, rings are    read on: what is left    what they have not     come back is left
 *     read up to where       there is counted         taken is dropped       after
 *     they ended then
 *
 * The limit runs from the call, or from the last bytes that a sink took when nobody asked: a
 * capture that has come to its end may have a slow reader. Time in which the process was paused
 * does not count. Another signal, SIGNALS_ONE_NS or more after the first, moves all to the limit at
 * once.
 *
 * Main thread. */

#include <stdbool.h>

struct engine;

enum {
    STOP_LIMIT_S = 5, /* how long an end may take that was asked for */
    STOP_REST_S = 5,  /* and how long what does not come back is waited for after that */
};

/* Stops what runs and waits for it; rings and books stay readable. False after a message: a thread
 * did not stop, so nothing may be freed, and the process must exit. */
bool stop_engine(struct engine *engine);
