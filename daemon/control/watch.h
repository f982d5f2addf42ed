// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Watches a running graph from the main thread: looks once a second, keeps rates and the result of
 * the checks, and takes a new snapshot for each request. Main thread only. */

#include "base/log.h"
#include "control/control_config.h"
#include "control/health.h"
#include "control/snapshot.h"

struct engine;

/* Events of the last second. */
struct rate {
    uint64_t total; /* when it was made */
    double per_second;
};

/* What a look finds of one ring. */
struct ring_watch {
    struct rate bytes; /* that its records take up in it */
    bool small;        /* it was found to fill within WATCH_RESTART_S, once or more */
};

enum {
    WATCH_SILENT_S = 5,  /* after so long without a record, a hint is printed on a terminal */
    WATCH_RESTART_S = 1, /* how long a restart takes: meanwhile nobody reads, and the ring must hold
                            what comes */
};

struct watch {
    struct engine *engine;
    const struct control_options *options;
    struct snapshot snapshot;
    struct snapshot next; /* see watch_expect() */
    struct health health;
    struct rate records[GRAPH_SOURCES_MAX];
    struct rate lost[GRAPH_SOURCES_MAX];
    struct ring_watch rings[GRAPH_RINGS_MAX];
    struct rate delivered[GRAPH_SINKS_MAX];
    struct log_limit losses; /* lines about lost records */
    uint64_t lost_reported;
    struct log_limit skips; /* lines about skipped runs */
    uint64_t skipped_reported;
    struct log_limit forgettings; /* lines about what tables forgot */
    uint64_t forgotten_reported;
    bool silence_reported;   /* or there is no terminal */
    int64_t rated_at;        /* when the rates were made: ns, monotonic; 0: not yet */
    int64_t started_at;      /* ns, monotonic */
    int64_t started;         /* ns since 1970 */
    uint64_t generation;     /* of the config: 1 is the one it started with */
    uint64_t reloads_failed; /* after which the previous config stayed active */
};

/* With the engine running; engine and options stay the caller's. 0 or -ENOMEM. */
int watch_init(struct watch *watch, struct engine *engine, const struct control_options *options);
/* Accepts a zeroed watch. */
void watch_deinit(struct watch *watch);

/* Another graph is about to run in the engine: takes the memory that seeing it needs. 0 or -ENOMEM.
 */
int watch_expect(struct watch *watch, const struct graph *next);
/* It runs: sees that one from now on, as the next generation. */
void watch_follow(struct watch *watch);

/* Once a second. */
void watch_look(struct watch *watch);
/* Reads all counters again; rates and the result of the checks stay. */
void watch_refresh(struct watch *watch);
