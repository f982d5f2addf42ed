// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a config describes, ready to be started: sources, sinks, and pipelines between them.
 *
 *     source ──▶ input ──▶ type ──▶ chain (one  for each pipeline that reads it) ──▶ outlets
 *                  │                                                                    │
 *              ring, ring...                                                     sink: lane, writer
 *
 * Built and freed on the setup thread (base/thread.h): the main thread at the start and the end,
 * the loader thread at a reload, never both at once. In between it changes in a switch only, see
 * change.h, except for what the parts say. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "base/lane.h"
#include "config/diag.h"
#include "config/tree.h"
#include "pipeline/chain.h"
#include "pipeline/input.h"
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

/* A source as one graph reads it: the graph after a reload has an entry of its own for the same
 * source. */
struct source_entry {
    struct graph_share *share; /* of the source; NULL: it is another graph's now */
    struct source *source;
    struct input *inputs; /* source->n_streams of them */
    uint32_t n_pipelines; /* that read it */

    /* main thread; final when the programs are detached */
    bool skips_known;
    uint64_t skipped; /* runs of its programs, as last read */
    bool forgets;     /* what its tables forget is known: */
    uint64_t forgotten;

    bool losses_ended; /* the loader thread's: later losses are another source's */
};

/* What all graphs have that follow each other by reloads. */
struct graph_common {
    uint32_t graphs;
    struct wall_offset wall;    /* owned by the consumer thread */
    struct stopwatch stopwatch; /* owned by the consumer thread */
    struct resolver *resolver;  /* of the names of ids; runs when an encoder has asked for it */
};

struct graph {
    struct config_tree *tree; /* held */
    struct graph_common *common;
    struct plugin *plugins[GRAPH_PLUGINS_MAX];
    uint32_t n_plugins;
    struct expr_defs *defs; /* what `defs:` says; used while it is built */
    struct source_entry *sources;
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
    struct input **inputs;
    struct input_ring **rings; /* from consumer_init() on */
    struct chain **chains;
    uint32_t n_inputs;
    uint32_t n_rings;
    uint32_t n_chains;
};

/* Setup thread: builds all that needs no privileges: names resolved, layouts known, filters
 * compiled. tree stays the caller's and must outlive the graph. 0 and a graph that the caller owns,
 * or -errno after at least one message in diag; it goes on after an error, so as to report them
 * all. */
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
void graph_drop_shared(struct graph *graph);

/* Setup thread: closes those handlers, sinks and sources that no other graph has. No thread may use
 * them any more. Accepts NULL. */
void graph_free(struct graph *graph);
DEFINE_CLEANUP(struct graph, graph_free);

/* Frees the parts of a source, except its chains. */
void source_entry_deinit(struct source_entry *entry);

/* Into an empty graph: the tree that it is built from, and what it has in common with another one;
 * other may be NULL. 0 or -ENOMEM. */
int graph_set_common(struct graph *graph, const struct config_tree *tree,
                     const struct graph *other);
/* Enters a source, which becomes the graph's, also on failure; node is its entry in the config.
 * There must be room in graph->sources. 0 or -ENOMEM. */
int graph_add_source(struct graph *graph, struct source *source, const struct config_node *node);
/* Enters a source that another graph has, too: both share it. There must be room in graph->sources.
 * 0 or -ENOMEM. */
int graph_share_source(struct graph *graph, const struct source_entry *other);
/* A new sink for that entry; NULL when out of memory. There must be room in graph->sinks. */
struct graph_sink *graph_add_sink(struct graph *graph, const struct config_node *node);
/* Enters a sink that another graph has, too: both share it. */
void graph_share_sink(struct graph *graph, struct graph_sink *sink);
/* Lists all inputs, once it is clear which sources stay. 0 or -ENOMEM. */
int graph_list_inputs(struct graph *graph);
/* A new chain without handlers, out of that entry; NULL when out of memory. */
struct chain *graph_add_chain(struct graph *graph, struct input_type *type,
                              const struct graph_pipeline *pipeline,
                              const struct config_node *node);
/* A chain that another graph has, too: it goes on pointing into that one until the switch. 0 or
 * -ENOMEM. */
int graph_share_chain(struct graph *graph, struct input_type *type,
                      const struct graph_pipeline *pipeline, struct chain *chain);
/* Enters an open ring as the input's next one. It stays the caller's on failure and is the
 * graph's otherwise. 0, -ENOMEM, or -ENOSPC when there are GRAPH_RINGS_MAX. */
int graph_add_ring(struct graph *graph, struct input *input, struct ringmill_ring *ring);

/* The source of that name; NULL: there is none. */
struct source_entry *graph_find_source(const struct graph *graph, const char *name);

/* Whether the number of lost records is known for all streams of the source. */
bool source_entry_knows_lost(const struct source_entry *entry);

/* Rebuilds the list of open rings, in the order of the inputs. The graph has had room made for
 * them. */
void graph_list_rings(struct graph *graph);
/* Makes it; 0, -ENOMEM, or -ENOSPC when there are more than GRAPH_RINGS_MAX. */
int graph_make_room_for_rings(struct graph *graph);

/* The sum of a pipeline's books over its chains. Any thread. */
void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals);
/* Any thread: a pipeline that has seen a different number of the source's records; NULL: none. */
const struct graph_pipeline *source_entry_find_wrong_count(const struct source_entry *entry,
                                                           uint64_t records);
