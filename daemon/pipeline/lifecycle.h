// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The steps by which the parts of a graph come to life, and end: of those parts that no other graph
 * has, so that they serve the start and a reload alike. Main thread where nothing else is said. */

#include <stdint.h>

#include "base/error.h"
#include "pipeline/consumer.h"
#include "pipeline/graph.h"

/* Setup thread. retry_open: see struct sink_options. The start loads first, to know it; a reload
 * opens first, since nothing is to be undone then. 0, or -errno and a sentence, as those below. */
int lifecycle_open_sinks(struct graph *graph, bool retry_open, struct error *error);
/* On the loader thread: loads the programs of the sources. */
int lifecycle_load(struct graph *graph, struct error *error);
/* On the loader thread: attaches the programs of the sources; records come from now on. */
int lifecycle_attach(struct graph *graph, struct error *error);
/* On the loader thread: no record comes any more when it returns. */
void lifecycle_detach(struct graph *graph);
/* On the loader thread, with the rings drained: nothing that was kept of the sources stays. */
void lifecycle_release(struct graph *graph);
/* On the loader thread: the sources never came to run; what they found there stays as it was. */
void lifecycle_undo(struct graph *graph);
/* On the loader thread: reads the counters of lost records and of skipped runs. What cannot be read
 * stays as it was. */
void lifecycle_read_lost(struct graph *graph);

/* On the loader thread, before lifecycle_attach(): the sources of next replace those of the same
 * names in old. What comes to both from then on counts for the new one, if it has programs of its
 * own. */
void lifecycle_follow(struct graph *next, const struct graph *old);
/* On the loader thread, after change_take() and before lifecycle_detach(): those that must take
 * over do. */
void lifecycle_take_over(struct graph *next, const struct graph *old);

/* on_gone: see struct writer. 0 or -errno. */
int lifecycle_start_writers(struct graph *graph, struct consumer *consumer,
                            void (*on_gone)(void *data), void *data);
/* Tells the writers that no more chunks follow. */
void lifecycle_finish_writers(struct graph *graph);
/* After that: all have ended. Waits for none; those that have not by the deadline (ns, monotonic)
 * are given up at each call. */
bool lifecycle_end_writers(struct graph *graph, int64_t deadline);
/* On the loader thread, with the writers ended: a file that is closed may wait for its disk. What
 * is not closed by this is closed with the graph. */
void lifecycle_close_sinks(struct graph *graph);
/* Drops all events that the sinks do not accept at once. */
void lifecycle_give_up(struct graph *graph);
