// SPDX-License-Identifier: Apache-2.0

/* What a graph has in common with the one that it follows. A sink must not only say the same as
 * before: how many copies of a record it can be sent is settled when it begins, and so is what all
 * its events have in common; a trial of the new config has said what it will need. */

#include <errno.h>
#include <string.h>

#include "pipeline/build.h"

static bool is_same(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static const struct source_entry *find_source(const struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

const struct source_entry *build_find_reused_source(const struct build *build,
                                                    const struct config_node *node,
                                                    const char *identity)
{
    const struct source_entry *entry =
        build->old && build->trial ? find_source(build->old, node->key) : NULL;

    return entry && is_same(entry->share->identity, identity) ? entry : NULL;
}

/* As the trial has the sink of that name. */
static bool fits(const struct graph *trial, const struct graph_sink *sink)
{
    for (uint32_t i = 0; i < trial->n_sinks; i++)
        if (strcmp(trial->sinks[i]->name, sink->name) == 0)
            return trial->copies[i] <= lane_copies_max(&sink->lane) &&
                   is_same(trial->sinks[i]->common.text, sink->common.text);
    return false;
}

struct graph_sink *build_find_reused_sink(const struct build *build,
                                          const struct config_node *entry, const char *identity)
{
    const struct graph *old = build->trial ? build->old : NULL;

    for (uint32_t i = 0; old && i < old->n_sinks; i++)
        if (strcmp(old->sinks[i]->name, entry->key) == 0 &&
            is_same(old->sinks[i]->share.identity, identity) && fits(build->trial, old->sinks[i]))
            return old->sinks[i];
    return NULL;
}

/* ---- pipelines ------------------------------------------------------------------------------- */

static bool has_sink(const struct graph *graph, const struct graph_sink *sink)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph->sinks[i] == sink)
            return true;
    return false;
}

static bool has_all_sinks(const struct build *build, const struct graph_pipeline *pipeline)
{
    for (uint32_t i = 0; i < build->old->n_chains; i++) {
        const struct chain *chain = build->old->chains[i];

        for (uint32_t j = 0; chain->pipeline == pipeline && j < chain->n_sinks; j++)
            if (!has_sink(build->graph, chain->sinks[j].sink))
                return false;
    }
    return true;
}

static bool has_all_sources(const struct build *build, const struct setting_texts *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct source_entry *entry = find_source(build->graph, from->items[i]);
        const struct source_entry *old = find_source(build->old, from->items[i]);

        if (!entry || !old || entry->source != old->source)
            return false;
    }
    return true;
}

const struct graph_pipeline *build_find_reused_pipeline(const struct build *build,
                                                        const struct graph_pipeline *pipeline,
                                                        const struct setting_texts *from)
{
    const struct graph *old = build->trial ? build->old : NULL;

    for (uint32_t i = 0; old && i < old->n_pipelines; i++) {
        const struct graph_pipeline *other = &old->pipelines[i];

        if (strcmp(other->name, pipeline->name) == 0 &&
            is_same(other->identity, pipeline->identity) && has_all_sources(build, from) &&
            has_all_sinks(build, other))
            return other;
    }
    return NULL;
}

static uint32_t index_of(const struct graph *graph, const struct graph_sink *sink)
{
    uint32_t index = 0;

    while (graph->sinks[index] != sink)
        index++;
    return index;
}

static int keep_chain(struct build *build, struct input_type *type,
                      const struct graph_pipeline *pipeline, struct chain *chain)
{
    struct input *input = type->input;

    for (uint32_t i = 0; i < chain->n_sinks; i++) {
        const struct chain_sink *forward = &chain->sinks[i];

        build_add_copies(build->graph, type, index_of(build->graph, forward->sink),
                         forward->copies);
        if (pipeline->at_least_once)
            build_enter_acknowledger(input, forward->sink);
    }
    input->makes_records |= chain->makes_records;
    input->at_least_once |= pipeline->at_least_once && !chain->not_in_books;
    return graph_share_chain(build->graph, type, pipeline, chain);
}

static int keep_type(struct build *build, struct input_type *type, const struct input_type *old,
                     const struct graph_pipeline *pipeline, const struct graph_pipeline *kept)
{
    for (uint32_t i = 0; i < old->n_chains; i++)
        if (old->readers[i] == kept)
            return keep_chain(build, type, pipeline, old->chains[i]);
    return 0;
}

int build_reuse_chains(struct build *build, struct source_entry *entry,
                       const struct graph_pipeline *pipeline, const struct graph_pipeline *kept)
{
    const struct source_entry *old = find_source(build->old, entry->source->name);
    int result = 0;

    entry->n_pipelines++;
    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        for (uint32_t j = 0; j < entry->inputs[i].n_types && result == 0; j++)
            result = keep_type(build, &entry->inputs[i].types[j], &old->inputs[i].types[j],
                               pipeline, kept);
    return result;
}
