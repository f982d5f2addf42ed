// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A graph in motion: starts what has to run, in the order in which nothing is lost, and stops it in
 * the order in which nothing is lost.
 *
 *     start   programs loaded ▸ sinks open ▸ rings open ▸ writers ▸ consumer ▸ programs attached
 *     stop    programs detached ▸ rings drained ▸ lanes emptied ▸ what was kept is dropped
 *
 * Of a source that is kept, and left to the next process, the programs stay attached and the ring
 * is not drained.
 *
 * Main thread only, but for what on_event() says. See stop.h for how long the stop may take. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "pipeline/consumer.h"
#include "pipeline/graph.h"
#include "pipeline/loader.h"
#include "source/orphan.h"

struct change;

struct engine {
    struct graph *graph;
    struct change *change; /* to it, or to the next one: see switch.h; NULL: none is under way */
    struct loader loader;
    struct consumer consumer;
    struct orphans orphans; /* the loader thread's */
    bool leave; /* the caller's: at the stop, what is kept goes on for the next process */
    bool started;
    bool sinks_failed; /* the start failed as they were opened */
    bool loader_runs;
    bool consumer_runs;
    bool stuck; /* some of it did not come back at the stop: nothing may be freed */
    /* any thread: something asks for the end, see engine_wants_stop(); wakes the main thread */
    void (*on_event)(void *data);
    void *on_event_data;
    atomic_bool exhausted;
};

/* graph stays the caller's. Before this the calling thread needs all privileges it will ever need;
 * afterwards it has no capabilities. On failure the caller calls engine_stop() all the same. 0, or
 * -errno and a sentence; -ECANCELED: a signal has asked for the end meanwhile. */
int engine_start(struct engine *engine, struct graph *graph, void (*on_event)(void *data),
                 void *data, struct error *error);

/* Any thread: a sink has no reader any more. data is the engine. */
void engine_on_gone(void *data);

/* Nothing more can come out: standard output or all sinks have no reader any more, or every
 * pipeline is exhausted. */
bool engine_wants_stop(const struct engine *engine);

/* After engine_stop(): events were dropped because a sink did not take them in time, or records of
 * rings that end with this process were not read in time. */
bool engine_gave_up(const struct engine *engine);

/* Reads the counters of lost records again. */
void engine_refresh_lost(struct engine *engine);

/* Reopens the files of all sinks, after something such as logrotate has moved them. */
void engine_reopen_sinks(struct engine *engine);

/* For the stop: at it, the source goes on for the next process. */
bool engine_leaves(const struct engine *engine, const struct source *source);
/* Has the consumer thread tell what was lost before that time, ns monotonic. False: some of it
 * cannot be posted yet. */
bool engine_post_losses(struct engine *engine, int64_t before);

/* Stops what runs and waits for it; rings and books stay readable. Then see `stuck`. */
void engine_stop(struct engine *engine);
/* Gives back what engine_start() took, after engine_stop(). Not when it is stuck. */
void engine_deinit(struct engine *engine);
