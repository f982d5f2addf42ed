// SPDX-License-Identifier: Apache-2.0

/* `ringmilld --explain`: the answer to "which fields are there?" and "what have I configured?". */

#include "pipeline/explain.h"

#include <inttypes.h>

#include "encode/encoder.h"
#include "schema/table.h"

static void explain_source(const struct graph_source *source, FILE *file)
{
    const struct stream *stream = source->source->streams;
    const struct schema *schema = stream->types->schema;

    fprintf(file, "source %s: %s, ring of %" PRIu64 " KiB\n", source->source->name,
            schema->type_name, stream->ring_size / 1024);
    table_print(schema, "  ", file);
}

static void explain_pipeline(const struct graph *graph, const struct graph_pipeline *pipeline,
                             FILE *file)
{
    fprintf(file, "pipeline %s: at-most-once\n", pipeline->name);
    for (uint32_t i = 0; i < graph->n_sources; i++) {
        const struct graph_source *source = &graph->sources[i];

        for (uint32_t j = 0; j < source->n_strands; j++) {
            const struct strand *strand = &source->strands[j];

            if (source->pipelines[j] != pipeline)
                continue;
            fprintf(file, "  %s", source->source->name);
            for (uint32_t k = 0; k < strand->n_handlers; k++)
                fprintf(file, " > %s", strand->handlers[k]->ops->name);
            fputc('\n', file);
        }
    }
}

void explain_graph(const struct graph *graph, FILE *file)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        explain_source(&graph->sources[i], file);
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        explain_pipeline(graph, &graph->pipelines[i], file);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        fprintf(file, "sink %s: %s, %s\n", graph->sinks[i].name, graph->sinks[i].ops->name,
                graph->sinks[i].outlet.format->name);
}
