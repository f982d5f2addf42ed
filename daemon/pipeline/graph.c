// SPDX-License-Identifier: Apache-2.0

/* Taking a graph apart, whole or half-built, and adding up its books. Building is in build.c. */

#include "pipeline/graph.h"

#include <stdlib.h>

#include "expr/defs.h"

void graph_source_deinit(struct graph_source *source)
{
    for (uint32_t i = 0; i < source->n_strands; i++)
        strand_deinit(&source->strands[i]);
    free(source->strands);
    free(source->pipelines);
    free(source->sinks);
    free(source->copies);
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

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    for (uint32_t i = 0; i < graph->n_sources; i++)
        graph_source_deinit(&graph->sources[i]);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        sink_deinit(&graph->sinks[i]);
    expr_defs_free(graph->defs);
    free(graph->sources);
    free(graph->sinks);
    free(graph->pipelines);
    free(graph);
}

void graph_books(const struct graph *graph, const struct graph_pipeline *pipeline,
                 struct book_totals *ret_totals)
{
    *ret_totals = (struct book_totals){0};
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].n_strands; j++)
            if (graph->sources[i].pipelines[j] == pipeline)
                books_sum(&graph->sources[i].strands[j].books, ret_totals);
}
