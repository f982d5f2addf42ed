// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The end of what an engine runs, within a bound. Everything counts from one moment:
 *
 *     0                    programs are detached, rings are read up to where they ended then
 *     4/5 of the limit     rings are not read on: what is left there is counted
 *     the limit            sinks are given up: what they have not taken is dropped
 *     the limit + 1 s      rows that handlers still hold are not made: they are in no count
 *     + STOP_REST_S        what still has not come back (a handler, a write, a program that the
 *                          kernel has not released) is left behind
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
