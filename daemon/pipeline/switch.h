// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One graph follows another while records come:
 *
 *     loader   sinks open ▸ programs loaded ▸ rings open                 switch_prepare()
 *     main     writers                                                   switch_begin()
 *     loader   programs attached                                         switch_step(), from here
 *     consumer between two turns: new rings are read, those that stay
 *              get their new chains, and what the old graph has alone
 *              begins to end                                             SWITCH_TAKEN
 *     loader   changed sources take over; the old programs are detached
 *     consumer rings read empty, what handlers hold made
 *     writers  end
 *     consumer forgets their lanes
 *     loader   sinks close, what was kept of the old sources is dropped
 *     main     the old graph is freed                                    SWITCH_OVER
 *
 * Up to the consumer's part nothing of the old graph has changed. That part can fail, too, when
 * memory is short: it then puts back what it has changed. What is in both graphs goes on all the
 * time. The main thread waits for none of this: it is
 * woken by engine->on_event and by the time that switch_pause() says. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "pipeline/engine.h"
#include "pipeline/stop.h"

enum {
    SWITCH_MEET_S = 5,   /* for the consumer thread to come to the end of its batch */
    SWITCH_FINISH_S = 1, /* for a switch that the daemon's stop finds */
};

enum switch_news {
    SWITCH_NONE,
    SWITCH_FAILED, /* the next graph is freed, and nothing has changed; the error says why */
    SWITCH_TAKEN,  /* engine->graph is the next one, and the old one is ending */
    SWITCH_OVER,   /* it has ended and is freed */
};

/* On the loader thread. 0, or -errno and a sentence; next stays the caller's and
 * is for switch_begin() or switch_discard(). */
int switch_prepare(const struct engine *engine, struct graph *next, struct error *error);
/* Main thread: undoes that, and frees the graph. */
void switch_discard(struct engine *engine, struct graph *next);

/* Main thread, with next prepared and no other switch under way: it begins, and next is its. -errno
 * and a sentence: it does not, and next stays the caller's. */
int switch_begin(struct engine *engine, struct graph *next, struct error *error);
/* Main thread: goes on as far as it can without waiting; to be called again until it has no news.
 */
enum switch_news switch_step(struct engine *engine, struct error *error);
/* Main thread: the next step is due after so many ns; 0: no switch is under way. */
uint64_t switch_pause(const struct engine *engine);
/* Main thread, before the books of a graph are read that is being switched to: those of the old one
 * have grown. */
void switch_refresh_books(const struct engine *engine);

/* Main thread: waits until it is over, SWITCH_FINISH_S at most. False: something does not come
 * back, and it is not over. */
bool switch_wait_until_over(struct engine *engine);
/* Completes the switch after the consumer thread has ended, until the deadline (ns, monotonic). */
bool switch_end_without_consumer(struct engine *engine, int64_t deadline);
