// SPDX-License-Identifier: Apache-2.0

/* Putting the parts of a graph together, taking them apart, whole or half-built, and adding up its
 * books. What a config means is in build.c.
 *
 * Parts point at each other, so each that is pointed at stands in a block of its own and never
 * moves; graph_source alone is a plain row, which nothing points at. */

#include "pipeline/graph.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/resolver.h"
#include "expr/defs.h"
#include "plugin/plugin.h"

/* ---- putting together ------------------------------------------------------------------------ */

static void type_init(struct graph_type *type, struct graph_stream *stream,
                      const struct stream_type *of)
{
    type->stream = stream;
    type->type = of;
    type->size = UINT32_MAX;
    if (!of)
        return;
    type->ktime = schema_find_meaning(of->schema, MEANING_KTIME);
    if (!schema_is_open_ended(of->schema))
        type->size = of->schema->size;
}

static int stream_init(struct graph_stream *stream, const struct source *source, uint32_t index)
{
    const struct stream *of = &source->streams[index];
    uint32_t n_types = of->n_types + (of->selector != STREAM_ONE_TYPE);

    stream->source = source;
    stream->stream = of;
    stream->index = index;
    stream->plain = of->selector == STREAM_ONE_TYPE && !graph_stream_is_numbered(stream);
    stream->types = calloc(n_types, sizeof(*stream->types));
    if (!stream->types)
        return -ENOMEM;
    stream->n_types = n_types;
    for (uint32_t i = 0; i < n_types; i++)
        type_init(&stream->types[i], stream, i < of->n_types ? &of->types[i] : NULL);
    return 0;
}

int graph_add_source(struct graph *graph, struct source *source)
{
    struct graph_source *entry = &graph->sources[graph->n_sources++];
    int result = 0;

    entry->source = source;
    entry->streams = calloc(source->n_streams, sizeof(*entry->streams));
    if (!entry->streams)
        return -ENOMEM;
    for (uint32_t i = 0; i < source->n_streams && result == 0; i++)
        result = stream_init(&entry->streams[i], source, i);
    return result;
}

int graph_list_streams(struct graph *graph)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        count += graph->sources[i].source->n_streams;
    graph->streams = calloc(count + 1, sizeof(*graph->streams));
    if (!graph->streams)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++)
            graph->streams[graph->n_streams++] = &graph->sources[i].streams[j];
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

struct graph_strand *graph_add_strand(struct graph *graph, struct graph_type *type,
                                      const struct graph_pipeline *pipeline)
{
    struct graph_strand *strand;

    if (grow(&graph->strands, graph->n_strands) < 0 || grow(&type->strands, type->n_strands) < 0)
        return NULL;
    strand = calloc(1, sizeof(*strand));
    if (!strand)
        return NULL;
    strand->pipeline = pipeline;
    strand->type = type;
    graph->strands[graph->n_strands++] = strand;
    type->strands[type->n_strands++] = strand;
    return strand;
}

static void ring_free(struct graph_ring *ring)
{
    if (!ring)
        return;
    free(ring->name);
    free(ring->about);
    free(ring);
}

DEFINE_CLEANUP(struct graph_ring, ring_free);

static int name_ring(struct graph_ring *ring, uint32_t number)
{
    const struct graph_stream *stream = ring->stream;
    int length = stream->stream->n_rings > 1
                     ? asprintf(&ring->name, "%s/%u", stream->stream->name, number)
                     : asprintf(&ring->name, "%s", stream->stream->name);

    if (length < 0) {
        ring->name = NULL;
        return -ENOMEM;
    }
    length = graph_rings_are_many(stream)
                 ? asprintf(&ring->about, "%s, ring %s", stream->source->name, ring->name)
                 : asprintf(&ring->about, "%s", stream->source->name);
    if (length < 0)
        ring->about = NULL;
    return length < 0 ? -ENOMEM : 0;
}

int graph_add_ring(struct graph *graph, struct graph_stream *stream, struct ringmill_ring *ring)
{
    _cleanup_(cleanup_ring_free) struct graph_ring *entry = NULL;

    if (graph->n_rings == GRAPH_RINGS_MAX)
        return -ENOSPC;
    if (grow(&graph->rings, graph->n_rings) < 0 || grow(&stream->rings, stream->n_rings) < 0)
        return -ENOMEM;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    entry->stream = stream;
    entry->ring = ring;
    if (name_ring(entry, stream->n_rings) < 0)
        return -ENOMEM;
    graph->rings[graph->n_rings++] = entry;
    stream->rings[stream->n_rings++] = TAKE_PTR(entry);
    return 0;
}

/* ---- taking apart ---------------------------------------------------------------------------- */

static void stream_deinit(struct graph_stream *stream)
{
    for (uint32_t i = 0; i < stream->n_types; i++) {
        free(stream->types[i].strands);
        free(stream->types[i].copies);
    }
    free(stream->types);
    free(stream->sinks);
    free(stream->rings);
}

void graph_source_deinit(struct graph_source *source)
{
    for (uint32_t i = 0; source->streams && i < source->source->n_streams; i++)
        stream_deinit(&source->streams[i]);
    free(source->streams);
    source_free(source->source);
}

static void sink_deinit(struct graph_sink *sink)
{
    lane_deinit(&sink->lane);
    waker_deinit(&sink->writer.waker);
    if (sink->sink)
        sink->ops->close(sink->sink);
    free(sink->config);
}

static void strands_free(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_strands; i++) {
        strand_deinit(&graph->strands[i]->strand);
        free(graph->strands[i]);
    }
    free(graph->strands);
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    strands_free(graph);
    for (uint32_t i = 0; i < graph->n_rings; i++)
        ring_free(graph->rings[i]);
    for (uint32_t i = 0; i < graph->n_sources; i++)
        graph_source_deinit(&graph->sources[i]);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        sink_deinit(&graph->sinks[i]);
    free(graph->rings);
    free(graph->streams);
    resolver_free(graph->resolver);
    for (uint32_t i = 0; i < graph->n_plugins; i++)
        plugin_unload(graph->plugins[i]); /* the strands are gone */
    expr_defs_free(graph->defs);
    free(graph->sources);
    free(graph->sinks);
    free(graph->pipelines);
    free(graph);
}

/* ---- questions ------------------------------------------------------------------------------- */

bool graph_stream_is_one_of_many(const struct graph_stream *stream)
{
    return stream->source->n_streams > 1;
}

bool graph_rings_are_many(const struct graph_stream *stream)
{
    return graph_stream_is_one_of_many(stream) || stream->stream->n_rings > 1;
}

bool graph_stream_is_numbered(const struct graph_stream *stream)
{
    return stream->stream->numbered && !stream->stream->counted;
}

uint64_t graph_stream_lost(const struct graph_stream *stream)
{
    return graph_stream_is_numbered(stream) ? counter_get(&stream->gaps) : stream->lost;
}

void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals)
{
    *ret_totals = (struct book_totals){0};
    for (uint32_t i = 0; i < graph->n_strands; i++)
        if (graph->strands[i]->pipeline == pipeline)
            books_sum(&graph->strands[i]->strand.books, ret_totals);
}

/* Records that the source's pipeline of that index has seen: all its types have one strand each for
 * it, in the same order. */
static uint64_t seen_by(const struct graph_source *source, uint32_t index)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < source->source->n_streams; i++)
        for (uint32_t j = 0; j < source->streams[i].n_types; j++) {
            const struct graph_strand *strand = source->streams[i].types[j].strands[index];

            seen += counter_get(&strand->strand.books.rows[BOOK_SEEN]);
        }
    return seen;
}

const struct graph_pipeline *graph_source_disagrees(const struct graph_source *source,
                                                    uint64_t records)
{
    for (uint32_t i = 0; i < source->n_pipelines; i++)
        if (seen_by(source, i) != records)
            return source->streams->types->strands[i]->pipeline;
    return NULL;
}
