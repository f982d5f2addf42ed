// SPDX-License-Identifier: Apache-2.0
#include "pipeline/input.h"

#include <errno.h>
#include <stdlib.h>

#include "pipeline/graph.h"
#include "ring/perf_walk.h"

static void type_init(struct input_type *type, struct input *input, const struct stream_type *of)
{
    type->input = input;
    type->stream_type = of;
    type->size = UINT32_MAX;
    if (!of)
        return;
    type->ktime = schema_find_meaning(of->schema, MEANING_KTIME);
    type->least = schema_least_length(of->schema);
    if (!schema_is_open_ended(of->schema))
        type->size = input->stream->perf ? perf_padded(of->schema->size) : of->schema->size;
}

int input_init(struct input *input, const struct source *source, uint32_t index)
{
    const struct stream *of = &source->streams[index];
    uint32_t n_types = of->n_types + (of->selector != STREAM_ONE_TYPE);

    input->source = source;
    input->stream = of;
    input->index = index;
    input->plain = of->selector == STREAM_ONE_TYPE && !input_is_numbered(input);
    input->types = calloc(n_types, sizeof(*input->types));
    if (!input->types)
        return -ENOMEM;
    input->n_types = n_types;
    for (uint32_t i = 0; i < n_types; i++)
        type_init(&input->types[i], input, i < of->n_types ? &of->types[i] : NULL);
    return 0;
}

void input_deinit(struct input *input)
{
    for (uint32_t i = 0; i < input->n_types; i++) {
        free(input->types[i].chains);
        free(input->types[i].readers);
        free(input->types[i].copies);
    }
    free(input->types);
    free(input->sinks);
    free(input->acknowledgers);
    free(input->rings);
}

bool input_is_one_of_many(const struct input *input)
{
    return input->source->n_streams > 1;
}

bool input_is_one_of_many_rings(const struct input *input)
{
    return input_is_one_of_many(input) || input->stream->n_rings > 1;
}

bool input_is_numbered(const struct input *input)
{
    return input->stream->numbered && !input->stream->counted;
}

uint64_t input_lost(const struct input *input)
{
    return input_is_numbered(input) || input->stream->capture ? counter_get(&input->gaps)
                                                              : input->lost;
}

bool input_make_room(const struct input *input)
{
    bool room = true;

    /* all of them: a lane that may drop makes room when it is asked */
    for (uint32_t i = 0; i < input->n_sinks; i++)
        room &= lane_make_room(&input->sinks[i]->lane);
    return room;
}

bool input_make_ready(const struct input *input)
{
    for (uint32_t i = 0; input->makes_records && i < input->n_types; i++)
        for (uint32_t j = 0; j < input->types[i].n_chains; j++)
            if (chain_waits(input->types[i].chains[j]))
                return false;
    return input_make_room(input);
}
