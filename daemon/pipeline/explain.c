// SPDX-License-Identifier: Apache-2.0

/* `ringmilld --explain`: the answer to "which fields are there?" and "what have I configured?". */

#include "pipeline/explain.h"

#include <inttypes.h>

#include "encode/encoder.h"
#include "schema/schema_table.h"

/* How many shards there are is known once they are loaded. */
static void explain_rings(const struct stream *stream, FILE *file)
{
    bool shards = stream->n_rings > 1;

    if (shards)
        fprintf(file, ", %" PRIu32 " rings", stream->n_rings);
    if (stream->ring_size > 0)
        fprintf(file, "%s of %" PRIu64 " KiB", shards ? "" : ", ring", stream->ring_size / 1024);
    if (stream->ordered)
        fprintf(file, ", in the order of %s, held for %.3g ms", stream->order.name,
                (double)stream->order_hold / 1e6);
    if (stream->numbered)
        fprintf(file, ", numbered by %s", stream->sequence.name);
}

static void explain_types(const struct stream *stream, FILE *file)
{
    for (uint32_t i = 0; i < stream->n_types; i++) {
        const struct stream_type *type = &stream->types[i];

        fprintf(file, "    %" PRId64 ": %s\n", type->value, type->schema->type_name);
        table_print(type->schema, "      ", file);
    }
}

static void explain_stream(const struct stream *stream, FILE *file)
{
    bool one = stream->selector == STREAM_ONE_TYPE;

    fprintf(file, "  ring %s: ", stream->name);
    if (one)
        fputs(stream->types->schema->type_name, file);
    else
        fprintf(file, "%" PRIu32 " types%s%s", stream->n_types,
                stream->selector == STREAM_BY_FIELD ? " by " : "",
                stream->selector == STREAM_BY_FIELD ? stream->selected_by.name : "");
    explain_rings(stream, file);
    fputc('\n', file);
    if (one)
        table_print(stream->types->schema, "    ", file);
    else
        explain_types(stream, file);
}

static void explain_source(const struct source *source, FILE *file)
{
    const struct stream *stream = source->streams;

    if (source->n_streams == 1 && stream->selector == STREAM_ONE_TYPE) {
        fprintf(file, "source %s: %s", source->name, stream->types->schema->type_name);
        explain_rings(stream, file);
        fputc('\n', file);
        table_print(stream->types->schema, "  ", file);
        return;
    }
    fprintf(file, "source %s:\n", source->name);
    for (uint32_t i = 0; i < source->n_streams; i++)
        explain_stream(&source->streams[i], file);
}

/* All types of a source have the same handlers. */
static void explain_pipeline(const struct graph *graph, const struct graph_pipeline *pipeline,
                             FILE *file)
{
    const struct source *told = NULL;
    char name[CHAIN_NAME_MAX];

    fprintf(file, "pipeline %s: %s\n", pipeline->name,
            pipeline->at_least_once ? "at-least-once" : "at-most-once");
    for (uint32_t i = 0; i < graph->n_chains; i++) {
        const struct chain *chain = graph->chains[i];
        const struct source *source = chain->type->input->source;

        if (chain->pipeline != pipeline || source == told)
            continue;
        told = source;
        fprintf(file, "  %s", source->name);
        for (uint32_t k = 0; k < chain->n_handlers; k++)
            fprintf(file, " > %s", chain_handler_name(chain, k, name));
        fputc('\n', file);
    }
}

void explain_graph(const struct graph *graph, FILE *file)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        explain_source(graph->sources[i].source, file);
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        explain_pipeline(graph, &graph->pipelines[i], file);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        fprintf(file, "sink %s: %s, %s\n", graph->sinks[i]->name, graph->sinks[i]->ops->name,
                graph->sinks[i]->outlet.format->name);
}
