// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the consumer thread looks after: all that its graph has, and, for a while after a reload,
 * what only the previous graph has and what must come to its end:
 *
 *     inputs    [ of the graph ][ ending: their programs are detached, rings are read empty ]
 *     chains    [ of the graph ][ ending: what they hold is made ]
 *     sinks     [ of the graph ][ ending: they take what those forward ] */

#include "pipeline/graph.h"

struct consumer_parts {
    struct input **inputs;
    struct input_ring **rings;
    struct chain **chains;
    struct graph_sink **sinks;
    uint32_t n_inputs;
    uint32_t n_rings;
    uint32_t n_chains;
    uint32_t n_sinks;
};

/* Room for both, and their inputs, chains and sinks; ending may be NULL. Which those of an input
 * are is known when its rings are open: see consumer_parts_list_rings(). 0 or -ENOMEM. */
int consumer_parts_init(struct consumer_parts *parts, const struct graph *graph,
                        const struct graph *ending);
/* Accepts a zeroed parts. */
void consumer_parts_deinit(struct consumer_parts *parts);

/* Enters the rings that its inputs have now. */
void consumer_parts_list_rings(struct consumer_parts *parts);
