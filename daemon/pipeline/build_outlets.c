// SPDX-License-Identifier: Apache-2.0

/* Which sinks the records of a type can get to, and how often: that decides how much room must be
 * kept for them, and which sinks must acknowledge them. */

#include <string.h>

#include "base/suggestion.h"
#include "encode/json.h"
#include "pipeline/build.h"

static void enter_sink(struct input *input, struct graph_sink *sink)
{
    for (uint32_t i = 0; i < input->n_sinks; i++)
        if (input->sinks[i] == sink)
            return;
    input->sinks[input->n_sinks++] = sink;
}

void build_enter_acknowledger(struct input *input, struct graph_sink *sink)
{
    for (uint32_t i = 0; i < input->n_acknowledgers; i++)
        if (input->acknowledgers[i] == sink)
            return;
    input->acknowledgers[input->n_acknowledgers++] = sink;
}

/* What the promise of at-least-once asks of a sink. */
static bool may_keep(struct input_type *type, struct graph_sink *sink,
                     const struct config_node *name, struct diag *diag)
{
    if (sink->overflow != LANE_BLOCK) {
        diag_add(diag, name,
                 "sink %s drops events when it is slow, so it cannot be used with delivery: "
                 "at-least-once; set overflow: block in the sink",
                 sink->name);
        return false;
    }
    if (type)
        build_enter_acknowledger(type->input, sink);
    return true;
}

bool build_add_copies(struct graph *graph, struct input_type *type, uint32_t index, uint32_t more)
{
    enter_sink(type->input, graph->sinks[index]);
    type->copies[index] += more;
    if (type->copies[index] > graph->copies[index])
        graph->copies[index] = type->copies[index];
    return type->copies[index] <= GRAPH_COPIES_MAX;
}

/* Where no source is known, there are no fields either that a format could be held against. */
static const struct outlet no_outlet = {.sink_name = "", .format = &json_encoder_ops};

/* A record of so many bytes or more may make an event that is longer than EVENT_MAX: as JSON a byte
 * in an array takes up to four. */
enum { LONG_RECORD = 8 * 1024 };

/* A lane that runs already keeps its chunks. */
static void allow_long_events(struct graph_sink *sink, const struct input_type *type,
                              const struct schema *schema)
{
    bool is_long =
        (schema && schema->size >= LONG_RECORD) || type->input->stream->longest >= LONG_RECORD;

    if (is_long && sink->ops->takes_long_events && !sink->written)
        sink->outlet.event_max = EVENT_LONG_MAX;
}

const struct outlet *build_find_outlet(struct build *build, struct input_type *type,
                                       const struct schema *schema, bool at_least_once,
                                       const struct config_node *name)
{
    struct graph *graph = build->graph;
    struct suggestion suggestion;

    if (graph->n_sinks == 0)
        return NULL; /* what is wrong with `sinks:` has been reported */
    suggestion_init(&suggestion, name->text);
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        struct graph_sink *sink = graph->sinks[i];

        if (strcmp(sink->name, name->text) == 0) {
            if (at_least_once && !may_keep(type, sink, name, build->diag))
                return NULL;
            if (!type)
                return &no_outlet;
            allow_long_events(sink, type, schema);
            if (build_add_copies(graph, type, i, 1))
                return &sink->outlet;
            diag_add(build->diag, name,
                     "a record can be forwarded to one sink at most %d times, counted over all "
                     "pipelines that read its source",
                     GRAPH_COPIES_MAX);
            return NULL;
        }
        suggestion_offer(&suggestion, sink->name);
    }
    diag_add(build->diag, name, "unknown sink; %s", suggestion_words(&suggestion));
    return NULL;
}
