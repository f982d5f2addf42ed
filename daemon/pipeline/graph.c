// SPDX-License-Identifier: Apache-2.0

/* Putting the parts of a graph together, taking them apart, whole or half-built, and adding up its
 * books. What a config means is in build.c.
 *
 * Parts point at each other, so each that is pointed at is in a block of its own and never
 * moves; source_entry alone is a plain row, which nothing points at. */

#include "pipeline/graph.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/resolver.h"
#include "base/thread.h"
#include "expr/defs.h"
#include "pipeline/commit_queue.h"
#include "pipeline/ring_part.h"
#include "plugin/plugin.h"

/* ---- putting together ------------------------------------------------------------------------ */

int graph_set_common(struct graph *graph, const struct config_tree *tree, const struct graph *other)
{
    graph->tree = config_tree_hold(tree->root->tree);
    graph->common = other ? other->common : calloc(1, sizeof(*graph->common));
    if (!graph->common)
        return -ENOMEM;
    graph->common->graphs++;
    if (!graph->common->resolver)
        graph->common->resolver = resolver_new(NULL);
    return graph->common->resolver ? 0 : -ENOMEM;
}

static void share_init(struct graph_share *share, const struct config_node *node)
{
    share->graphs = 1;
    share->tree = config_tree_hold(node->tree);
}

static void share_deinit(struct graph_share *share)
{
    config_tree_free(share->tree);
    free(share->identity);
}

/* True: the caller was the last one. */
static bool share_leave(struct graph_share *share)
{
    return --share->graphs == 0;
}

static int enter_source(struct graph *graph, struct source *source, struct graph_share *share)
{
    struct source_entry *entry = &graph->sources[graph->n_sources++];
    int result = 0;

    entry->share = share;
    entry->source = source;
    entry->inputs = calloc(source->n_streams, sizeof(*entry->inputs));
    if (!entry->inputs)
        return -ENOMEM;
    for (uint32_t i = 0; i < source->n_streams && result == 0; i++)
        result = input_init(&entry->inputs[i], source, i);
    return result;
}

int graph_add_source(struct graph *graph, struct source *source, const struct config_node *node)
{
    struct graph_share *share = calloc(1, sizeof(*share));

    if (!share) {
        source_free(source);
        return -ENOMEM;
    }
    share_init(share, node);
    return enter_source(graph, source, share);
}

int graph_share_source(struct graph *graph, const struct source_entry *other)
{
    other->share->graphs++;
    return enter_source(graph, other->source, other->share);
}

struct graph_sink *graph_add_sink(struct graph *graph, const struct config_node *node)
{
    struct graph_sink *sink = calloc(1, sizeof(*sink));

    if (!sink)
        return NULL;
    share_init(&sink->share, node);
    sink->name = node->key;
    graph->sinks[graph->n_sinks++] = sink;
    return sink;
}

void graph_share_sink(struct graph *graph, struct graph_sink *sink)
{
    sink->share.graphs++;
    graph->sinks[graph->n_sinks++] = sink;
}

int graph_list_inputs(struct graph *graph)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        count += graph->sources[i].source->n_streams;
    graph->inputs = calloc(count + 1, sizeof(*graph->inputs));
    if (!graph->inputs)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++)
            graph->inputs[graph->n_inputs++] = &graph->sources[i].inputs[j];
    return 0;
}

/* One more place at the end of a list of pointers. */
static int grow(void *list, uint32_t count)
{
    void **items = *(void ***)list;

    items = reallocarray(items, count + 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    *(void ***)list = items;
    return 0;
}

static int list_chain(struct graph *graph, struct input_type *type,
                      const struct graph_pipeline *pipeline, struct chain *chain)
{
    if (grow(&graph->chains, graph->n_chains) < 0 || grow(&type->chains, type->n_chains) < 0 ||
        grow(&type->readers, type->n_chains) < 0)
        return -ENOMEM;
    graph->chains[graph->n_chains++] = chain;
    type->readers[type->n_chains] = pipeline;
    type->chains[type->n_chains++] = chain;
    return 0;
}

struct chain *graph_add_chain(struct graph *graph, struct input_type *type,
                              const struct graph_pipeline *pipeline, const struct config_node *node)
{
    struct chain *chain = calloc(1, sizeof(*chain));

    if (!chain || list_chain(graph, type, pipeline, chain) < 0) {
        free(chain);
        return NULL;
    }
    share_init(&chain->share, node);
    chain->pipeline = pipeline;
    chain->stopwatch = &graph->common->stopwatch;
    chain->type = type;
    return chain;
}

int graph_share_chain(struct graph *graph, struct input_type *type,
                      const struct graph_pipeline *pipeline, struct chain *chain)
{
    int result = list_chain(graph, type, pipeline, chain);

    if (result == 0)
        chain->share.graphs++;
    return result;
}

static void ring_free(struct input_ring *ring)
{
    if (!ring)
        return;
    if (!ring->watched)
        ringmill_ring_free(ring->handle);
    commit_queue_free(ring->commits);
    free(ring->name);
    free(ring->about);
    free(ring);
}

DEFINE_CLEANUP(struct input_ring, ring_free);

static int name_ring(struct input_ring *ring, uint32_t number)
{
    const struct input *input = ring->input;
    int length = input->stream->n_rings > 1
                     ? asprintf(&ring->name, "%s/%u", input->stream->name, number)
                     : asprintf(&ring->name, "%s", input->stream->name);

    if (length < 0) {
        ring->name = NULL;
        return -ENOMEM;
    }
    length = input_is_one_of_many_rings(input)
                 ? asprintf(&ring->about, "%s, ring %s", input->source->name, ring->name)
                 : asprintf(&ring->about, "%s", input->source->name);
    if (length < 0)
        ring->about = NULL;
    return length < 0 ? -ENOMEM : 0;
}

int graph_add_ring(struct graph *graph, struct input *input, struct ringmill_ring *ring)
{
    _cleanup_(cleanup_ring_free) struct input_ring *entry = NULL;

    if (graph->n_rings == GRAPH_RINGS_MAX)
        return -ENOSPC;
    if (grow(&graph->rings, graph->n_rings) < 0 || grow(&input->rings, input->n_rings) < 0)
        return -ENOMEM;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    entry->input = input;
    entry->handle = ring;
    entry->bounds = source_ring_bounds(input->source, input->index, input->n_rings);
    ring_part_begin(entry);
    entry->wall = &graph->common->wall;
    if (resolver_is_given(graph->common->resolver))
        entry->resolver = graph->common->resolver;
    if (name_ring(entry, input->n_rings) < 0)
        return -ENOMEM;
    graph->rings[graph->n_rings++] = entry;
    input->rings[input->n_rings++] = TAKE_PTR(entry);
    return 0;
}

int graph_make_room_for_rings(struct graph *graph)
{
    struct input_ring **rings;
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_inputs; i++)
        count += graph->inputs[i]->stream->n_rings;
    if (count > GRAPH_RINGS_MAX)
        return -ENOSPC;
    rings = reallocarray(graph->rings, count + 1, sizeof(struct input_ring *));
    if (!rings)
        return -ENOMEM;
    graph->rings = rings;
    return 0;
}

void graph_list_rings(struct graph *graph)
{
    graph->n_rings = 0;
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        for (uint32_t j = 0; j < graph->inputs[i]->n_rings; j++)
            graph->rings[graph->n_rings++] = graph->inputs[i]->rings[j];
}

/* ---- taking apart ---------------------------------------------------------------------------- */

void source_entry_deinit(struct source_entry *entry)
{
    for (uint32_t i = 0; entry->inputs && i < entry->source->n_streams; i++)
        input_deinit(&entry->inputs[i]);
    free(entry->inputs);
    if (!entry->share || !share_leave(entry->share))
        return;
    source_free(entry->source);
    share_deinit(entry->share);
    free(entry->share);
}

static void sink_leave(struct graph_sink *sink)
{
    if (!share_leave(&sink->share))
        return;
    lane_deinit(&sink->lane);
    waker_deinit(&sink->writer.waker);
    sink_close(sink->sink);
    free(sink->config);
    free(sink->format_config);
    free(sink->common.text);
    free(sink->common.type);
    share_deinit(&sink->share);
    free(sink);
}

static void chain_leave(struct chain *chain)
{
    if (!share_leave(&chain->share))
        return;
    chain_deinit(chain);
    share_deinit(&chain->share);
    free(chain->sinks);
    free(chain);
}

static void common_leave(struct graph_common *common)
{
    if (!common || --common->graphs > 0)
        return;
    resolver_free(common->resolver);
    free(common);
}

/* Parts that no other graph shares stay in their lists. */
void graph_drop_shared(struct graph *graph)
{
    uint32_t chains = 0, sinks = 0;

    for (uint32_t i = 0; i < graph->n_chains; i++)
        if (graph_is_own(&graph->chains[i]->share))
            graph->chains[chains++] = graph->chains[i];
        else
            chain_leave(graph->chains[i]);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph_is_own(&graph->sinks[i]->share))
            graph->sinks[sinks++] = graph->sinks[i];
        else
            sink_leave(graph->sinks[i]);
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (!graph_is_own(graph->sources[i].share)) {
            graph->sources[i].share->graphs--;
            graph->sources[i].share = NULL;
        }
    graph->n_chains = chains;
    graph->n_sinks = sinks;
}

static void chains_free(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_chains; i++)
        chain_leave(graph->chains[i]);
    free(graph->chains);
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    thread_begin_setup();
    chains_free(graph);
    for (uint32_t i = 0; i < graph->n_rings; i++)
        ring_free(graph->rings[i]);
    for (uint32_t i = 0; i < graph->n_sources; i++)
        source_entry_deinit(&graph->sources[i]);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        sink_leave(graph->sinks[i]);
    free(graph->rings);
    free(graph->inputs);
    common_leave(graph->common);
    for (uint32_t i = 0; i < graph->n_plugins; i++)
        plugin_unload(graph->plugins[i]); /* the chains are gone */
    expr_defs_free(graph->defs);
    free(graph->sources);
    free(graph->sinks);
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        free(graph->pipelines[i].identity);
    free(graph->pipelines);
    config_tree_free(graph->tree);
    free(graph);
    thread_end_setup();
}

/* ---- questions ------------------------------------------------------------------------------- */

struct source_entry *graph_find_source(const struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

bool source_entry_knows_lost(const struct source_entry *entry)
{
    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        if (!stream_knows_lost(&entry->source->streams[i]))
            return false;
    return true;
}

void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals)
{
    *ret_totals = pipeline->before;
    for (uint32_t i = 0; i < graph->n_chains; i++)
        if (graph->chains[i]->pipeline == pipeline && !graph->chains[i]->not_in_books)
            books_sum(&graph->chains[i]->books, ret_totals);
}

/* Records that the source's pipeline of that index has seen: all its types have one chain each for
 * it, in the same order. */
static uint64_t seen_by(const struct source_entry *entry, uint32_t index)
{
    uint64_t seen = entry->inputs->types->chains[index]->joined;

    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        for (uint32_t j = 0; j < entry->inputs[i].n_types; j++) {
            const struct chain *chain = entry->inputs[i].types[j].chains[index];

            seen += counter_get(&chain->books.rows[BOOK_SEEN]);
        }
    return seen;
}

const struct graph_pipeline *source_entry_find_wrong_count(const struct source_entry *entry,
                                                           uint64_t records)
{
    for (uint32_t i = 0; i < entry->n_pipelines; i++)
        if (seen_by(entry, i) != records)
            return entry->inputs->types->chains[i]->pipeline;
    return NULL;
}
