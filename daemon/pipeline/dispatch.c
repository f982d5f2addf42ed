// SPDX-License-Identifier: Apache-2.0

/* Most streams have one type, and then there is nothing to cut: that way has no work for each
 * record here but the look at lengths, and none at all where a sample may have any length.
 *
 * The selector is looked up once per change of its value, not once per record. A table by value was
 * not needed: a change costs a chain's turn, beside which the search does not show. */

#include "pipeline/dispatch.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "pipeline/capture_notes.h"
#include "pipeline/field_values.h"
#include "pipeline/loss_report.h"

/* ---- one run --------------------------------------------------------------------------------- */

/* What is not in a record is shown as null. */
static void tell_short(struct input *input, const struct input_type *type, uint32_t length)
{
    const struct schema *schema = type->stream_type->schema;

    if (input->told_short)
        return;
    input->told_short = true;
    log_about(LOG_LEVEL_WARNING, "source", input->source->name,
              "ring %s has a record of %u bytes, shorter than %s, which has %u; fields that are "
              "missing are null, and all such records are counted as short_records",
              input->stream->name, length, schema->type_name, schema->size);
}

static void count_odd(struct input *input, const struct input_type *type, const struct batch *batch)
{
    uint64_t too_long = 0, bytes = 0, too_short = 0;

    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t length = batch->views[i].length;

        too_short += length < type->least;
        if (length < type->least)
            tell_short(input, type, length);
        if (length <= type->size)
            continue;
        too_long++;
        bytes += length - type->size;
    }
    counter_add(&input->short_records, too_short);
    counter_add(&input->long_records, too_long);
    counter_add(&input->long_bytes, bytes);
}

/* Two passes, because the first is short and nearly always the only one. */
static void count_lengths(struct input *input, const struct input_type *type,
                          const struct batch *batch)
{
    uint32_t longest = 0, shortest = UINT32_MAX;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < batch->count; i++) {
        longest = batch->views[i].length > longest ? batch->views[i].length : longest;
        shortest = batch->views[i].length < shortest ? batch->views[i].length : shortest;
    }
    if (longest > type->size || shortest < type->least)
        count_odd(input, type, batch);
}

static void handle_known(const struct input_type *type, struct batch *batch)
{
    batch->schema = type->stream_type->schema;
    if (type->size != UINT32_MAX)
        count_lengths(type->input, type, batch);
    for (uint32_t i = 0; i < type->n_chains; i++)
        chain_run(type->chains[i], batch);
}

/* Where its selector says which type a record has. */
static void read_selector(const struct stream *stream, const struct ringmill_view *views,
                          uint32_t count, struct field_values *ret_values)
{
    if (stream->selector == STREAM_BY_FIELD)
        field_values_read(ret_values, &stream->selected_by, views, count);
    else
        field_values_read_tags(ret_values, views, count);
}

static void tell_unknown(const struct input *input, const struct ringmill_view *view)
{
    struct field_values value;

    read_selector(input->stream, view, 1, &value);
    if (value.absent[0])
        log_about(LOG_LEVEL_WARNING, "source", input->source->name,
                  "ring %s has a record of %u bytes, too short for its type field; all such "
                  "records are counted as unknown_type",
                  input->stream->name, view->length);
    else
        log_about(LOG_LEVEL_WARNING, "source", input->source->name,
                  "ring %s has a record of the unknown type %" PRId64
                  "; all such records are counted as unknown_type",
                  input->stream->name, (int64_t)value.values[0]);
}

static void handle_unknown(const struct input_type *type, const struct batch *batch)
{
    struct input *input = type->input;

    if (!input->told_unknown)
        tell_unknown(input, &batch->views[0]);
    input->told_unknown = true;
    counter_add(&input->unknown, batch->count);
    for (uint32_t i = 0; i < type->n_chains; i++)
        chain_count_unknown(type->chains[i], batch->count);
}

/* ---- cutting --------------------------------------------------------------------------------- */

/* What the views of a batch say about where they belong. */
struct cuts {
    const struct input_type *types[BATCH_MAX];
    uint64_t gaps[BATCH_MAX];   /* records missing before each */
    struct field_values values; /* scratch */
};

static const struct input_type *find_type(const struct input *input, int64_t value)
{
    uint32_t low = 0, high = input->stream->n_types;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (input->types[middle].stream_type->value < value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < input->stream->n_types && input->types[low].stream_type->value == value)
        return &input->types[low];
    return &input->types[input->n_types - 1];
}

static void note_types(const struct input *input, const struct ringmill_view *views, uint32_t count,
                       struct cuts *cuts)
{
    const struct input_type *unknown = &input->types[input->n_types - 1], *type = NULL;
    const struct field_values *values = &cuts->values;
    uint64_t value = 0;

    read_selector(input->stream, views, count, &cuts->values);
    for (uint32_t i = 0; i < count; i++) {
        if (!values->absent[i] && (!type || values->values[i] != value)) {
            value = values->values[i];
            type = find_type(input, (int64_t)value);
        }
        cuts->types[i] = values->absent[i] ? unknown : type;
    }
}

static void note_gaps(struct input_ring *ring, const struct ringmill_view *views, uint32_t count,
                      struct cuts *cuts)
{
    const struct field *sequence = &ring->input->stream->sequence;

    field_values_read(&cuts->values, sequence, views, count);
    loss_report_find_gaps(ring, &cuts->values, count, cuts->gaps);
}

static void note_cuts(struct input_ring *ring, const struct batch *batch, bool numbered,
                      struct cuts *cuts)
{
    const struct input *input = ring->input;

    if (input->stream->selector != STREAM_ONE_TYPE)
        note_types(input, batch->views, batch->count, cuts);
    else
        for (uint32_t i = 0; i < batch->count; i++)
            cuts->types[i] = &input->types[0];
    if (numbered)
        note_gaps(ring, batch->views, batch->count, cuts);
    else
        memset(cuts->gaps, 0, batch->count * sizeof(cuts->gaps[0]));
}

const struct input_type *dispatch_find_type(const struct input_ring *ring,
                                            const struct ringmill_view *view)
{
    struct cuts cuts;

    if (ring->input->stream->selector == STREAM_ONE_TYPE)
        return &ring->input->types[0];
    note_types(ring->input, view, 1, &cuts);
    return cuts.types[0];
}

static void handle_run(const struct input_type *type, struct batch *run)
{
    if (type->stream_type)
        handle_known(type, run);
    else
        handle_unknown(type, run);
}

/* Apart, so that the plain way needs no stack. */
static __attribute__((noinline)) void handle_runs(struct input_ring *ring, struct batch *batch,
                                                  int64_t now)
{
    bool numbered = input_is_numbered(ring->input);
    bool replayed = ring->input->stream->capture != NULL;
    const struct ringmill_view *views = batch->views;
    uint32_t count = batch->count, from = 0, to;
    uint32_t losses = CAPTURE_NOTES_LOSSES_MAX;
    struct wall_offset saved;
    struct cuts cuts;

    note_cuts(ring, batch, numbered, &cuts);
    if (replayed)
        capture_notes_enter(ring, &saved);
    for (; from < count; from = to) {
        if (replayed && capture_notes_is_due(ring, &views[from]))
            capture_notes_apply(ring, views[from].position, &losses);
        to = from + 1;
        while (to < count && cuts.types[to] == cuts.types[from] && cuts.gaps[to] == 0 &&
               !(replayed && capture_notes_is_due(ring, &views[to])))
            to++;
        if (cuts.gaps[from] > 0)
            loss_report_write_gap(ring, cuts.gaps[from], now);
        batch->views = views + from;
        batch->count = to - from;
        handle_run(cuts.types[from], batch);
        if (numbered)
            loss_report_note_time(ring, cuts.types[from], &views[to - 1], now);
    }
    if (replayed)
        capture_notes_leave(ring, &saved);
}

void dispatch_batch(struct input_ring *ring, struct batch *batch, int64_t now)
{
    const struct input *input = ring->input;

    if (input->plain)
        handle_known(&input->types[0], batch);
    else
        handle_runs(ring, batch, now);
}
