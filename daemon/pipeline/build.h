// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the parts of graph_build() share; nobody else includes it. */

#include "config/setting.h"
#include "pipeline/graph.h"

struct build {
    struct graph *graph;
    struct diag *diag;
    /* source_open(), or a test's */
    int (*open_source)(const struct config_node *config, struct diag *diag, struct source **ret);
    /* The entry of a capture that stands for all of `sources:`, of which the names remain: its
     * records belong to them. NULL: none does. */
    const struct config_node *capture;
    /* The running graph that this one is to follow, of which it gets what has not changed; NULL:
     * there is none, or nothing of it is to be had. */
    const struct graph *old;
    /* With one to follow: the same config built without it, which says what its sinks are to be
     * like. NULL: this is that one. */
    const struct graph *trial;
    double speed; /* of the processor's counter, see base/cycles.h */
};

/* graph_build() with an empty graph and a way to open sources; the graph stays the caller's, also
 * half-built. 0 or -errno. */
int build_graph(struct build *build, const struct config_tree *tree);

/* The handler of that name, built in or a plug-in's; NULL when there is none. */
const struct handler_ops *build_find_handler(const struct build *build, const char *name);
/* `plugins:`. Mistakes are in diag. */
void build_plugins(struct build *build, const struct setting_texts *paths);

/* A section is a map of named things, at most `most`; returns how many, 0 after a message. */
uint32_t build_check_section(struct build *build, const struct config_node *section,
                             const char *things, uint32_t most);

/* The outlet of a sink that records of the type (NULL: of no known source) can go to from here on;
 * NULL after a message at name. */
const struct outlet *build_find_outlet(struct build *build, struct graph_type *type,
                                       bool at_least_once, const struct config_node *name);

/* A pipeline's steps. */
struct build_steps {
    const char *pipeline_name;
    const struct config_node *list;
    const struct setting_texts *from; /* the names of its sources */
    uint64_t budget;                  /* ns */
    bool at_least_once;
};

struct build_strand {
    struct graph_type *type;
    struct graph_strand *strand;
};

/* Opens a pipeline's handlers at one source, for all types of it that the pipeline reads; at least
 * one. 0 or -ENOMEM; mistakes are in diag. */
int build_handlers(struct build *build, const struct build_steps *steps,
                   const struct build_strand *strands, uint32_t n);
/* None of the pipeline's sources is known: what can be said of its handlers is said all the same.
 * 0 or -ENOMEM. */
int build_check_handlers(struct build *build, const struct build_steps *steps);

/* What the running graph has of that entry, unchanged; NULL: nothing. */
const struct graph_source *build_find_kept_source(const struct build *build,
                                                  const struct config_node *entry,
                                                  const char *identity);
struct graph_sink *build_find_kept_sink(const struct build *build, const struct config_node *entry,
                                        const char *identity);
/* The same for a pipeline, which is unchanged only if all its sources and sinks are. */
const struct graph_pipeline *build_find_kept_pipeline(const struct build *build,
                                                      const struct graph_pipeline *pipeline,
                                                      const struct setting_texts *from);
/* Enters the strands of such a pipeline at the source. 0 or -ENOMEM. */
int build_keep_strands(struct build *build, struct graph_source *source,
                       const struct graph_pipeline *pipeline, const struct graph_pipeline *kept);

/* Enters that a record of the type goes to the sink of that index `more` times more. False: that is
 * more often than allowed. */
bool build_enter_route(struct graph *graph, struct graph_type *type, uint32_t index, uint32_t more);
/* Enters that the sink must acknowledge what the stream gives. */
void build_enter_keeper(struct graph_stream *stream, struct graph_sink *sink);

/* With sources and sinks built: `pipelines:`. sources is the section, for messages, and may be
 * NULL. 0 or -ENOMEM; mistakes are in diag. */
int build_pipelines(struct build *build, const struct config_node *section,
                    const struct config_node *sources);

/* With sinks built: no two of them may write to one file, nor to one that a source reads. sources
 * is the section and may be NULL. Mistakes are in diag. */
void build_check_files(struct build *build, const struct config_node *sources);

/* With pipelines built: no two of them may expose metrics of one name. Mistakes are in diag. */
void build_check_metrics(struct build *build);
