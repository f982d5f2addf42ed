// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config describes, ready to be started: sources, sinks, and pipelines between them.
 *
 *     struct graph_source ──▶ struct strand (one for each pipeline that reads it) ──▶ outlets
 *              │                                                                       │
 *           a source                                                    struct graph_sink: lane,
 * writer
 *
 * Built and freed by the main thread; immutable in between but for what the parts themselves say.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "base/lane.h"
#include "config/diag.h"
#include "config/tree.h"
#include "pipeline/strand.h"
#include "pipeline/writer.h"
#include "record/handler.h"
#include "sink/sink.h"
#include "source/source.h"

struct ringmill_ring;

enum {
    GRAPH_SOURCES_MAX = 64,
    GRAPH_SINKS_MAX = 64,
    GRAPH_PIPELINES_MAX = 256,
    GRAPH_NAME_MAX = 64,   /* bytes of a source's, sink's or pipeline's name */
    GRAPH_COPIES_MAX = 64, /* how often one record may be forwarded to one sink */
};

struct graph_sink {
    const char *name;
    const struct sink_ops *ops;
    void *config; /* what ops->settings were bound into */
    struct sink *sink;
    struct outlet outlet;
    struct lane lane;
    struct writer writer;
    enum lane_overflow overflow;
    uint32_t copies; /* the most times one record can be forwarded here */
};

struct graph_source {
    struct source *source;
    struct strand *strands; /* n_strands of them, with the pipeline each belongs to */
    const struct graph_pipeline **pipelines;
    uint32_t n_strands;
    struct graph_sink **sinks; /* n_sinks of them: where its records can go */
    uint32_t *copies;          /* how often one record goes to each */
    uint32_t n_sinks;

    /* main thread; set when the ring is opened, final numbers when it has been drained */
    struct ringmill_ring *ring;
    uint64_t lost; /* as last read */

    /* owned by the consumer thread, any thread reads */
    atomic_bool paused;
    struct histogram commit_latency; /* see consumer.h */

    /* owned by the consumer thread */
    const struct field *ktime; /* NULL: the records do not say when they were submitted */
    uint32_t clock_countdown;  /* batches until the next one is clocked */
    int64_t clocked_at;        /* ns, monotonic */
};

struct graph_pipeline {
    const char *name;
};

struct graph {
    struct wall_offset wall; /* owned by the consumer thread */
    struct graph_source *sources;
    struct graph_sink *sinks;
    struct graph_pipeline *pipelines;
    uint32_t n_sources;
    uint32_t n_sinks;
    uint32_t n_pipelines;
};

/* Builds all that needs no privileges: names resolved, layouts known, filters compiled. tree stays
 * the caller's and must outlive the graph. 0 and a graph that the caller owns, or -errno after at
 * least one message in diag; it goes on after an error, so as to report them all. */
int graph_build(const struct config_tree *tree, struct diag *diag, struct graph **ret);

/* Closes handlers, sinks and sources. No thread may use them any more. Accepts NULL. */
void graph_free(struct graph *graph);
DEFINE_CLEANUP(struct graph, graph_free);

/* What one of its sources holds. */
void graph_source_deinit(struct graph_source *source);

/* The sum of a pipeline's books over its strands. Any thread. */
void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals);
