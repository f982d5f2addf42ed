// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config describes, ready to be started: sources, sinks, and pipelines between them.
 *
 *     source ──▶ stream ──▶ type ──▶ chain (one for each pipeline that reads it) ──▶ outlets
 *                  │                                                                    │
 *              ring, ring...                                                     sink: lane, writer
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
#include "pipeline/chain.h"
#include "pipeline/writer.h"
#include "record/handler.h"
#include "sink/sink.h"
#include "source/source.h"

struct expr_defs;
struct resolver;
struct ringmill_ring;

enum {
    GRAPH_SOURCES_MAX = 64,
    GRAPH_SINKS_MAX = 64,
    GRAPH_PIPELINES_MAX = 256,
    GRAPH_RINGS_MAX = 1024,
    GRAPH_PLUGINS_MAX = 32,
    GRAPH_NAME_MAX = 64,   /* bytes of a source's, sink's or pipeline's name */
    GRAPH_COPIES_MAX = 64, /* how often one record may be forwarded to one sink */
};

struct graph_sink {
    struct graph_share share;
    const char *name;
    const struct sink_ops *ops;
    void *config;        /* what ops->settings were bound into */
    void *format_config; /* what the format's were */
    struct sink *sink;
    struct outlet outlet;
    struct outlet_common common;
    struct lane lane;
    struct writer writer;
    enum lane_overflow overflow;
    bool written; /* its writer runs */
};

struct graph_pipeline {
    const char *name;
    bool at_least_once;
    char *identity;            /* as that of a share */
    struct book_totals before; /* of the pipelines of this name that reloads have ended */
};

/* How much of a ring may be read and not acknowledged: what a kill can make come again. */
struct unacked_limit {
    uint64_t bytes;
    uint32_t percent; /* of the ring; the lesser of both counts */
};

/* One of the types that a stream's records can have. */
struct graph_type {
    struct graph_stream *stream;
    const struct stream_type *type; /* NULL: all that the stream does not know */
    struct chain **chains;          /* n_chains of them, one for each pipeline; the graph's */
    const struct graph_pipeline **readers; /* whose they are in this graph */
    uint32_t n_chains;
    uint32_t *copies;          /* how often one record goes to each of the graph's sinks */
    const struct field *ktime; /* NULL: the records do not say when they were submitted */
    uint32_t size; /* bytes of the type; further bytes of a sample are in no field; UINT32_MAX:
                      unlimited */
};

/* One ring of a stream. */
struct graph_ring {
    /* immutable once it is open */
    struct graph_stream *stream;
    struct ringmill_ring *ring;
    bool watched;           /* it is in the reader, whose it is then */
    struct held *next_held; /* see change.h */
    struct held *held; /* commits that wait; NULL: delivery is at-most-once; of the consumer thread
                      once that runs */
    uint64_t unacked_max; /* bytes, see rings_limit(); as held */
    uint64_t last; /* position at which it ends, once its stream is ending; of the consumer thread
                    */
    char *name;    /* of its map; NAME/NUMBER for a shard */
    char *about;   /* for sentences: "exec", or "flows, ring rb/2" */

    /* owned by the consumer thread, any thread reads */
    struct histogram commit_latency; /* see consumer.h */

    /* owned by the consumer thread */
    uint32_t clock_countdown; /* batches until the next one is clocked */
    int64_t clocked_at;       /* ns, monotonic */
    bool numbered;            /* the two below mean something */
    uint64_t next_number;     /* in the sequence */
    int64_t numbered_at;      /* ns, monotonic: when the record before it was there already */

    /* of a capture's, see replay.h; owned by the consumer thread */
    struct wall_offset *wall;    /* the graph's */
    struct wall_offset replayed; /* as the capture has it by now */
    uint64_t next_note;          /* where something is said; UINT64_MAX: nothing any more */
    size_t next_wall;            /* indexes into the capture's */
    size_t next_gap;
    size_t next_naming;
    struct resolver *resolver; /* the graph's, if names are given; NULL: they are found out */
};

struct graph_stream {
    const struct source *source;
    const struct stream *stream;
    uint32_t index;            /* among those of the source */
    bool plain;                /* one type, and no gaps to look for */
    bool makes_records;        /* one of its chains makes records */
    struct graph_type *types;  /* as the stream has them; with a selector one more, see above */
    uint32_t n_types;          /* that one included */
    struct graph_sink **sinks; /* n_sinks of them: where its records can go */
    uint32_t n_sinks;
    bool at_least_once;          /* of one of the pipelines that read it */
    struct graph_sink **keepers; /* n_keepers of them: those that must acknowledge */
    uint32_t n_keepers;
    struct unacked_limit max_unacked; /* the smallest of those pipelines */
    struct graph_ring **rings;        /* those that are open */
    uint32_t n_rings;

    /* set by the main thread before the drain: its rings are left to the next process */
    atomic_bool left;

    /* owned by the consumer thread, any thread reads */
    atomic_bool paused;
    counter held_up;      /* times that it was paused because of max_unacked */
    counter gaps;         /* records that the sequence says are missing */
    counter unknown;      /* records of unknown type */
    counter long_records; /* records longer than their type */
    counter long_bytes;   /* bytes of records after the end of their type */

    /* owned by the consumer thread */
    uint32_t uncommitted; /* records handled and not committed: of ordered shards */
    bool told_unknown;
    bool ending; /* what its rings had when that was set is the last that is read */
    bool ended;  /* nothing of it is read any more: it stays paused */

    /* main thread; final when the programs are detached */
    uint64_t lost;        /* as last read, where it is counted */
    uint64_t lost_told;   /* of them, in `loss` so far */
    uint64_t lost_resets; /* times that the counter was set by others, see source/lost.h */
    int64_t lost_clean;   /* ns, monotonic: when no more than those were lost for certain */
    uint64_t unread;      /* records that the stop had no time for */
    bool
        unread_unknown; /* the rest of one of its rings could not be read, so unread is not exact */

    /* see losses.h */
    atomic_bool loss_posted;
    struct loss loss;
};

struct graph_source {
    struct graph_share *share; /* of the source; NULL: it is another graph's now */
    struct source *source;
    struct graph_stream *streams; /* source->n_streams of them */
    uint32_t n_pipelines;         /* that read it */

    /* main thread; final when the programs are detached */
    bool skips_known;
    uint64_t skipped; /* runs of its programs, as last read */
};

/* What all graphs have that follow each other by reloads. */
struct graph_common {
    uint32_t graphs;
    struct wall_offset wall;   /* owned by the consumer thread */
    struct resolver *resolver; /* of the names of ids; runs when an encoder has asked for it */
};

struct graph {
    struct config_tree *tree; /* held */
    struct graph_common *common;
    struct plugin *plugins[GRAPH_PLUGINS_MAX];
    uint32_t n_plugins;
    struct expr_defs *defs; /* what `defs:` says; used while it is built */
    struct graph_source *sources;
    struct graph_sink **sinks;
    uint32_t copies[GRAPH_SINKS_MAX]; /* the most times one record can be forwarded to each */
    struct graph_pipeline *pipelines;
    uint64_t
        past_forwarded;    /* by pipelines that reloads have ended, and that no other one follows */
    uint64_t past_arrived; /* at sinks that reloads have ended */
    uint32_t n_sources;
    uint32_t n_sinks;
    uint32_t n_pipelines;

    /* all there are, in the order of their sources, and chains in that of their pipelines */
    struct graph_stream **streams;
    struct graph_ring **rings; /* from consumer_init() on */
    struct chain **chains;
    uint32_t n_streams;
    uint32_t n_rings;
    uint32_t n_chains;
};

/* Builds all that needs no privileges: names resolved, layouts known, filters compiled. tree stays
 * the caller's and must outlive the graph. 0 and a graph that the caller owns, or -errno after at
 * least one message in diag; it goes on after an error, so as to report them all. */
int graph_build(const struct config_tree *tree, struct diag *diag, struct graph **ret);

/* As graph_build(), with the records of a capture instead of live sources: each pipeline gets the
 * records that the capture has from the sources it names. capture is an entry as in `sources:`, and
 * must outlive the graph, too. */
int graph_build_replay(const struct config_tree *tree, const struct config_node *capture,
                       struct diag *diag, struct graph **ret);

/* As graph_build(), for a graph that will replace a running one: it shares all unchanged sources,
 * sinks and chains with it. Reads of the old one only what is immutable. */
int graph_build_next(const struct config_tree *tree, const struct graph *old, struct diag *diag,
                     struct graph **ret);

/* Another graph has taken over what both have, and will be freed after this one: this one keeps
 * only what it has alone. Lists of its sources stay, so that it can go on pointing into them. */
void graph_part(struct graph *graph);

/* Closes those handlers, sinks and sources that no other graph has. No thread may use them any
 * more. Accepts NULL. */
void graph_free(struct graph *graph);
DEFINE_CLEANUP(struct graph, graph_free);

/* Frees the parts of a source, except its chains. */
void graph_source_deinit(struct graph_source *source);

/* Into an empty graph: the tree that it is built from, and what it has in common with another one;
 * other may be NULL. 0 or -ENOMEM. */
int graph_set_common(struct graph *graph, const struct config_tree *tree,
                     const struct graph *other);
/* Enters a source, which becomes the graph's, also on failure; node is its entry in the config.
 * There must be room in graph->sources. 0 or -ENOMEM. */
int graph_add_source(struct graph *graph, struct source *source, const struct config_node *node);
/* Enters a source that another graph has, too: both share it. There must be room in graph->sources.
 * 0 or -ENOMEM. */
int graph_share_source(struct graph *graph, const struct graph_source *other);
/* A new sink for that entry; NULL when out of memory. There must be room in graph->sinks. */
struct graph_sink *graph_add_sink(struct graph *graph, const struct config_node *node);
/* Enters a sink that another graph has, too: both share it. */
void graph_share_sink(struct graph *graph, struct graph_sink *sink);
/* Lists all streams, once it is clear which sources stay. 0 or -ENOMEM. */
int graph_list_streams(struct graph *graph);
/* A new chain without handlers, out of that entry; NULL when out of memory. */
struct chain *graph_add_chain(struct graph *graph, struct graph_type *type,
                              const struct graph_pipeline *pipeline,
                              const struct config_node *node);
/* A chain that another graph has, too: it goes on pointing into that one until the switch. 0 or
 * -ENOMEM. */
int graph_share_chain(struct graph *graph, struct graph_type *type,
                      const struct graph_pipeline *pipeline, struct chain *chain);
/* Enters an open ring as the stream's next one. It stays the caller's on failure and is the
 * graph's otherwise. 0, -ENOMEM, or -ENOSPC when there are GRAPH_RINGS_MAX. */
int graph_add_ring(struct graph *graph, struct graph_stream *stream, struct ringmill_ring *ring);

/* Its source has other streams, so a name is needed to tell them apart. */
bool graph_stream_is_one_of_many(const struct graph_stream *stream);
/* The source has more than one ring, so the name of a ring is needed to tell them apart. After the
 * source was loaded. */
bool graph_rings_are_many(const struct graph_stream *stream);
/* Gaps in the sequence are what says how many records were lost: nothing counts them. */
bool graph_stream_is_numbered(const struct graph_stream *stream);
/* Main thread: as last read; 0 where nothing says it, see stream_knows_lost(). */
uint64_t graph_stream_lost(const struct graph_stream *stream);
/* Whether the number of lost records is known for all streams of the source. */
bool graph_source_knows_lost(const struct graph_source *source);

/* Rebuilds the list of open rings, in the order of the streams. The graph has had room made for
 * them. */
void graph_list_rings(struct graph *graph);
/* Makes it; 0, -ENOMEM, or -ENOSPC when there are more than GRAPH_RINGS_MAX. */
int graph_make_room_for_rings(struct graph *graph);

/* The sum of a pipeline's books over its chains. Any thread. */
void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals);
/* A pipeline that has seen a different number of the source's records; NULL: all agree. Any thread.
 */
const struct graph_pipeline *graph_source_disagrees(const struct graph_source *source,
                                                    uint64_t records);
