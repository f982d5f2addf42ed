// SPDX-License-Identifier: Apache-2.0
#pragma once

/* All counters of a running graph, read at one moment: what status, metrics and health are made
 * from. Taking one only loads counters: it stops nobody and needs no privileges. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "pipeline/consumer.h"
#include "pipeline/graph.h"

struct ring_snapshot {
    const struct input_ring *ring;     /* NULL: the sum of several */
    struct ringmill_counters counters; /* without the records of the next one */
    uint64_t overlap;                  /* records that an older set has, too */
    uint64_t size;
    uint64_t used;
    uint64_t high_water; /* the most that was used, as the consumer or a look at the ring saw it */
    uint64_t
        busy_since; /* of the head, as in struct ringmill_counters; 0 while paused: not looked at */
    uint64_t paused; /* 1: a sink has no room */
    bool corrupt;    /* it is no longer read */
};

struct input_snapshot {
    const struct input *input; /* NULL: the sum of several */
    bool lost_known;
    bool produced_known;
    bool unread_known;
    bool counted;      /* there is a counter of lost records, so resets are known */
    uint64_t lost;     /* as last read from the kernel, at most a second ago */
    uint64_t produced; /* seen, discarded, overlap, lost or unread */
    uint64_t unread;   /* records that a stop had no time for */
    uint64_t resets;   /* times that others have set the counter of lost ones */
    uint64_t unknown;  /* records of unknown type */
    uint64_t held_up;  /* times that it waited for acknowledgements */
    uint64_t long_records;
    uint64_t short_records;
    uint64_t long_bytes;
};

struct source_snapshot {
    const struct source_entry *entry;
    /* Sums, but for these: high_water is the most that was used at once in one ring, busy_since is
     * of the head that has been busy longest, and paused and corrupt are true if one of them is. */
    struct ring_snapshot rings;
    struct input_snapshot inputs;
    bool skips_known;
    uint64_t skipped; /* runs of its programs that the kernel skipped, as last read */
    bool forgets;
    uint64_t forgotten; /* by its tables, as last read */
    /* one that has seen another number of records than the rings gave; NULL: none */
    const struct graph_pipeline *disagrees;
};

struct pipeline_snapshot {
    const struct graph_pipeline *pipeline;
    struct book_totals books;
};

struct sink_snapshot {
    const struct graph_sink *sink;
    uint64_t forwarded;
    uint64_t delivered;
    uint64_t dropped;
    uint64_t bytes;
    uint64_t chunks;
    uint64_t errors;
    uint64_t in_flight;
    uint64_t chunks_out;   /* with the writer */
    uint64_t chunks_limit; /* that there are */
    uint64_t up;           /* 1: neither gone nor trying again */
    int64_t retrying_since;
    bool gone;
    bool in_sink; /* its writer is in a call of the sink's */
};

struct snapshot {
    const struct graph *graph;
    int64_t time; /* ns, monotonic */
    uint64_t turns;
    uint64_t steps;                  /* as turns, but also within one */
    struct ringmill_counters reader; /* naps and wake-ups are the reader's */
    bool asleep;                     /* the consumer thread, by its own choice */
    bool quiet; /* it slept from before the first to after the last of these counters */

    struct source_snapshot *sources; /* as many of each as the graph has, in its order */
    struct input_snapshot *inputs;
    struct ring_snapshot *rings;
    struct pipeline_snapshot *pipelines;
    struct sink_snapshot *sinks;
};

/* With rings open, or while a switch to the graph is prepared; it stays the caller's. 0 or -ENOMEM.
 */
int snapshot_init(struct snapshot *snapshot, const struct graph *graph);
/* Accepts a zeroed one. */
void snapshot_deinit(struct snapshot *snapshot);

/* Reads all counters. Main thread, with rings open. */
void snapshot_take(struct snapshot *snapshot, const struct consumer *consumer, int64_t now);

/* As snapshot_take(), but only what belongs to the graph, and not the consumer: for the books of a
 * graph that has stopped. */
void snapshot_take_graph(struct snapshot *snapshot);

/* Lost records of all sources where they are known. */
uint64_t snapshot_lost(const struct snapshot *snapshot);
/* Skipped runs of all sources where they are known. */
uint64_t snapshot_skipped(const struct snapshot *snapshot);
/* What the tables of all sources forgot, where that is known. */
uint64_t snapshot_forgotten(const struct snapshot *snapshot);
/* How many sources there are of which they are not known. */
uint32_t snapshot_lost_unknown(const struct snapshot *snapshot);
