// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shared by the files that implement graph_build(); not included elsewhere. */

#include "config/setting.h"
#include "pipeline/graph.h"

struct build {
    struct graph *graph;
    struct diag *diag;
    /* source_open(), or a test's */
    int (*open_source)(const struct config_node *config, struct diag *diag, struct source **ret);
    /* The entry of a capture that replaces all sources of `sources:`; its records belong to their
     * names. NULL: live sources. */
    const struct config_node *capture;
    /* The running graph that this one will replace, and whose unchanged parts it reuses; NULL:
     * nothing is reused. */
    const struct graph *old;
    /* With one to follow: the same config built without it, which says what its sinks are to be
     * like. NULL: this is that one. */
    const struct graph *trial;
    double speed; /* of the processor's counter, see base/cycles.h */
};

/* graph_build() with an empty graph and a way to open sources; the graph stays the caller's, also
 * half-built. 0 or -errno. */
int build_graph(struct build *build, const struct config_tree *tree);

/* Finds a built-in handler or a plug-in's handler by its name; NULL: unknown name. */
const struct handler_ops *build_find_handler(const struct build *build, const char *name);
/* Loads the plug-ins of `plugins:`. Mistakes are in diag. */
void build_plugins(struct build *build, const struct setting_texts *paths);

/* A section is a map of named things, at most `most`; returns how many, 0 after a message. */
uint32_t build_check_section(struct build *build, const struct config_node *section,
                             const char *things, uint32_t most);

/* The outlet of a sink that records of the type (NULL: of no known source) can go to from here on;
 * NULL after a message at name. */
const struct outlet *build_find_outlet(struct build *build, struct input_type *type,
                                       const struct schema *schema, bool at_least_once,
                                       const struct config_node *name);

/* A pipeline's steps. */
struct build_steps {
    const char *pipeline_name;
    const struct config_node *list;
    const struct setting_texts *from; /* the names of its sources */
    uint64_t budget;                  /* ns */
    bool at_least_once;
};

struct build_chain {
    struct input_type *type;
    struct chain *chain;
};

/* Opens a pipeline's handlers at one source, for all types of it that the pipeline reads; at least
 * one. 0 or -ENOMEM; mistakes are in diag. */
int build_handlers(struct build *build, const struct build_steps *steps,
                   const struct build_chain *chains, uint32_t n);
/* Checks the handlers of a pipeline whose sources are all unknown, as far as that is possible. 0 or
 * -ENOMEM. */
int build_check_handlers(struct build *build, const struct build_steps *steps);

/* The source of the running graph with that name and identity; NULL: none. */
const struct source_entry *build_find_reused_source(const struct build *build,
                                                    const struct config_node *entry,
                                                    const char *identity);
/* The sink of the running graph with that name and identity; NULL: none. */
struct graph_sink *build_find_reused_sink(const struct build *build,
                                          const struct config_node *entry, const char *identity);
/* The pipeline of the running graph with the same identity, all of whose sources and sinks are also
 * unchanged; NULL: none. */
const struct graph_pipeline *build_find_reused_pipeline(const struct build *build,
                                                        const struct graph_pipeline *pipeline,
                                                        const struct setting_texts *from);
/* Enters the chains of such a pipeline at the source. 0 or -ENOMEM. */
int build_reuse_chains(struct build *build, struct source_entry *entry,
                       const struct graph_pipeline *pipeline, const struct graph_pipeline *kept);

/* Enters that a record of the type goes to the sink of that index `more` times more. False: that is
 * more often than allowed. */
bool build_add_copies(struct graph *graph, struct input_type *type, uint32_t index, uint32_t more);
/* Enters that the sink must acknowledge what the stream gives. */
void build_enter_acknowledger(struct input *input, struct graph_sink *sink);

/* With sources and sinks built: `pipelines:`. sources is the section, for messages, and may be
 * NULL. 0 or -ENOMEM; mistakes are in diag. */
int build_pipelines(struct build *build, const struct config_node *section,
                    const struct config_node *sources);

/* With sinks built: no two of them may write to one file, nor to one that a source reads. sources
 * is the section and may be NULL. Mistakes are in diag. */
void build_check_files(struct build *build, const struct config_node *sources);

/* With pipelines built: no two of them may expose metrics of one name. Mistakes are in diag. */
void build_check_metrics(struct build *build);
