// SPDX-License-Identifier: Apache-2.0

/* Lists of pointers, made beforehand, so that the consumer thread changes from one to the next
 * without taking memory. */

#include "pipeline/roster.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t count_rings(const struct graph *graph)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_inputs; i++)
        count += graph->inputs[i]->stream->n_rings;
    return count;
}

static int make_room(struct roster *roster, const struct graph *graph, const struct graph *ending)
{
    roster->inputs =
        calloc(graph->n_inputs + (ending ? ending->n_inputs : 0) + 1, sizeof(struct input *));
    roster->rings = calloc(count_rings(graph) + (ending ? count_rings(ending) : 0) + 1,
                           sizeof(struct input_ring *));
    roster->chains =
        calloc(graph->n_chains + (ending ? ending->n_chains : 0) + 1, sizeof(struct chain *));
    roster->sinks =
        calloc(graph->n_sinks + (ending ? ending->n_sinks : 0) + 1, sizeof(struct graph_sink *));
    return roster->inputs && roster->rings && roster->chains && roster->sinks ? 0 : -ENOMEM;
}

/* shared: also what another graph has. */
static void enter(struct roster *roster, const struct graph *graph, bool shared)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].source->n_streams; j++)
            if (shared || graph->sources[i].share->graphs == 1)
                roster->inputs[roster->n_inputs++] = &graph->sources[i].inputs[j];
    for (uint32_t i = 0; i < graph->n_chains; i++)
        if (shared || graph->chains[i]->share.graphs == 1)
            roster->chains[roster->n_chains++] = graph->chains[i];
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (shared || graph->sinks[i]->share.graphs == 1)
            roster->sinks[roster->n_sinks++] = graph->sinks[i];
}

int roster_init(struct roster *roster, const struct graph *graph, const struct graph *ending)
{
    *roster = (struct roster){0};
    if (make_room(roster, graph, ending) < 0) {
        roster_deinit(roster);
        return -ENOMEM;
    }
    enter(roster, graph, true);
    if (ending)
        enter(roster, ending, false);
    return 0;
}

void roster_deinit(struct roster *roster)
{
    free(roster->inputs);
    free(roster->rings);
    free(roster->chains);
    free(roster->sinks);
    *roster = (struct roster){0};
}

void roster_list_rings(struct roster *roster)
{
    roster->n_rings = 0;
    for (uint32_t i = 0; i < roster->n_inputs; i++)
        for (uint32_t j = 0; j < roster->inputs[i]->n_rings; j++)
            roster->rings[roster->n_rings++] = roster->inputs[i]->rings[j];
}
