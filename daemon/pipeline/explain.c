// SPDX-License-Identifier: Apache-2.0

/* `ringmilld --explain`: the answer to "which fields are there?" and "what have I configured?". */

#include "pipeline/explain.h"

#include <inttypes.h>

#include "encode/encoder.h"

static void print_type(const struct field *field, FILE *file)
{
    switch (field->kind) {
    case FIELD_UINT:
    case FIELD_INT:
        fprintf(file, "%s%u", field->is_signed ? "s" : "u", field->size * 8);
        break;
    case FIELD_BOOL:
        fputs("bool", file);
        break;
    case FIELD_ENUM:
        fputs("enum", file);
        break;
    case FIELD_CHARS:
    case FIELD_TEXT:
        fputs("text", file);
        break;
    case FIELD_TEXTS:
        fputs("list of texts", file);
        break;
    default:
        fputs(field->type_name ? field->type_name : "bytes", file);
        break;
    }
    if (field->meaning == MEANING_KTIME)
        fputs(", a time", file);
}

static void explain_source(const struct graph_source *source, FILE *file)
{
    const struct stream *stream = source->source->streams;
    const struct schema *schema = stream->types->schema;

    fprintf(file, "source %s: %s, ring of %" PRIu64 " KiB\n", source->source->name,
            schema->type_name, stream->ring_size / 1024);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        fprintf(file, "  %s: ", schema->fields[i].name);
        print_type(&schema->fields[i], file);
        fputc('\n', file);
    }
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
