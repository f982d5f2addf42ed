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
    uint64_t budget; /* ns */
    bool at_least_once;
};

struct build_strand {
    struct graph_type *type;
    struct strand *strand;
};

/* Opens a pipeline's handlers at one source, for all types of it that the pipeline reads; at least
 * one. 0 or -ENOMEM; mistakes are in diag. */
int build_handlers(struct build *build, const struct build_steps *steps,
                   const struct build_strand *strands, uint32_t n);
/* None of the pipeline's sources is known: what can be said of its handlers is said all the same.
 * 0 or -ENOMEM. */
int build_check_handlers(struct build *build, const struct build_steps *steps);

/* With sources and sinks built: `pipelines:`. sources is the section, for messages, and may be
 * NULL. 0 or -ENOMEM; mistakes are in diag. */
int build_pipelines(struct build *build, const struct config_node *section,
                    const struct config_node *sources);

/* With pipelines built: no two of them may expose metrics of one name. Mistakes are in diag. */
void build_check_metrics(struct build *build);
