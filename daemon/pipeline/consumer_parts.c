// SPDX-License-Identifier: Apache-2.0

/* Lists of pointers, made beforehand, so that the consumer thread changes from one to the next
 * without taking memory. */

#include "pipeline/consumer_parts.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t count_rings(const struct graph *graph)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_inputs; i++)
        count += graph->inputs[i]->stream->n_rings;
    return count;
}

static int make_room(struct consumer_parts *parts, const struct graph *graph,
                     const struct graph *ending)
{
    parts->inputs =
        calloc(graph->n_inputs + (ending ? ending->n_inputs : 0) + 1, sizeof(struct input *));
    parts->rings = calloc(count_rings(graph) + (ending ? count_rings(ending) : 0) + 1,
                          sizeof(struct input_ring *));
    parts->chains =
        calloc(graph->n_chains + (ending ? ending->n_chains : 0) + 1, sizeof(struct chain *));
    parts->sinks =
        calloc(graph->n_sinks + (ending ? ending->n_sinks : 0) + 1, sizeof(struct graph_sink *));
    return parts->inputs && parts->rings && parts->chains && parts->sinks ? 0 : -ENOMEM;
}

/* shared: also what another graph has. */
static void enter(struct consumer_parts *parts, const struct graph *graph, bool shared)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++)
            if (shared || graph->sources[i].share->graphs == 1)
                parts->inputs[parts->n_inputs++] = &graph->sources[i].inputs[j];
    for (uint32_t i = 0; i < graph->n_chains; i++)
        if (shared || graph->chains[i]->share.graphs == 1)
            parts->chains[parts->n_chains++] = graph->chains[i];
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (shared || graph->sinks[i]->share.graphs == 1)
            parts->sinks[parts->n_sinks++] = graph->sinks[i];
}

int consumer_parts_init(struct consumer_parts *parts, const struct graph *graph,
                        const struct graph *ending)
{
    *parts = (struct consumer_parts){0};
    if (make_room(parts, graph, ending) < 0) {
        consumer_parts_deinit(parts);
        return -ENOMEM;
    }
    enter(parts, graph, true);
    if (ending)
        enter(parts, ending, false);
    return 0;
}

void consumer_parts_deinit(struct consumer_parts *parts)
{
    free(parts->inputs);
    free(parts->rings);
    free(parts->chains);
    free(parts->sinks);
    *parts = (struct consumer_parts){0};
}

void consumer_parts_list_rings(struct consumer_parts *parts)
{
    parts->n_rings = 0;
    for (uint32_t i = 0; i < parts->n_inputs; i++)
        for (uint32_t j = 0; j < parts->inputs[i]->n_rings; j++)
            parts->rings[parts->n_rings++] = parts->inputs[i]->rings[j];
}
