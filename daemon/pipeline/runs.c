// SPDX-License-Identifier: Apache-2.0

/* Most streams have one type, and then there is nothing to cut: that way has no work for each
 * record here but the look at lengths, and none at all where a sample may have any length.
 *
 * The selector is looked up once per change of its value, not once per record. A table by value was
 * not needed: a change costs a strand's turn, beside which the search does not show. */

#include "pipeline/runs.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "pipeline/losses.h"
#include "pipeline/replay.h"
#include "record/field.h"

/* ---- one run --------------------------------------------------------------------------------- */

/* Two passes, because the first is short and nearly always the only one. */
static void count_long(struct graph_stream *stream, uint32_t size, const struct batch *batch)
{
    uint64_t records = 0, bytes = 0;
    uint32_t longest = 0;

    for (uint32_t i = 0; i < batch->count; i++)
        longest = batch->views[i].length > longest ? batch->views[i].length : longest;
    if (longest <= size)
        return;
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->views[i].length > size) {
            records++;
            bytes += batch->views[i].length - size;
        }
    counter_add(&stream->long_records, records);
    counter_add(&stream->long_bytes, bytes);
}

static void handle_known(const struct graph_type *type, struct batch *batch)
{
    batch->schema = type->type->schema;
    if (type->size != UINT32_MAX)
        count_long(type->stream, type->size, batch);
    for (uint32_t i = 0; i < type->n_strands; i++)
        strand_run(&type->strands[i]->strand, batch);
}

static int64_t selector_value(const struct stream *stream, const struct ringmill_view *view)
{
    uint32_t tag;

    if (stream->selector == STREAM_BY_FIELD)
        return (int64_t)field_integer(&stream->selected_by, view);
    memcpy(&tag, (const char *)view->data - sizeof(tag), sizeof(tag));
    return tag;
}

static bool says_type(const struct stream *stream, const struct ringmill_view *view)
{
    return stream->selector != STREAM_BY_FIELD || field_present(&stream->selected_by, view);
}

static void tell_unknown(const struct graph_stream *stream, const struct ringmill_view *view)
{
    if (!says_type(stream->stream, view))
        log_about(LOG_LEVEL_WARNING, "source", stream->source->name,
                  "ring %s has a record of %u bytes, too short to say its type; all such ones are "
                  "counted as unknown_type",
                  stream->stream->name, view->length);
    else
        log_about(LOG_LEVEL_WARNING, "source", stream->source->name,
                  "ring %s has a record of the type %" PRId64
                  ", which is none of the known ones; all such ones are counted as unknown_type",
                  stream->stream->name, selector_value(stream->stream, view));
}

static void handle_unknown(const struct graph_type *type, const struct batch *batch)
{
    struct graph_stream *stream = type->stream;

    if (!stream->told_unknown)
        tell_unknown(stream, &batch->views[0]);
    stream->told_unknown = true;
    counter_add(&stream->unknown, batch->count);
    for (uint32_t i = 0; i < type->n_strands; i++)
        strand_pass_over(&type->strands[i]->strand, batch->count);
}

/* ---- cutting --------------------------------------------------------------------------------- */

struct cutter {
    struct graph_ring *ring;
    const struct graph_type *type; /* of the value that was looked up last; NULL: none was */
    int64_t value;
    bool numbered;
    bool replayed;
    uint32_t budget; /* see replay_note() */
};

/* What a view says about where it belongs. */
struct mark {
    const struct graph_type *type;
    uint64_t gap; /* records missing before it */
    bool noted;   /* a capture says something before it */
};

static const struct graph_type *find_type(const struct graph_stream *stream, int64_t value)
{
    uint32_t low = 0, high = stream->stream->n_types;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (stream->types[middle].type->value < value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < stream->stream->n_types && stream->types[low].type->value == value)
        return &stream->types[low];
    return &stream->types[stream->n_types - 1];
}

static const struct graph_type *type_of(struct cutter *cutter, const struct ringmill_view *view)
{
    const struct graph_stream *stream = cutter->ring->stream;
    int64_t value;

    if (stream->stream->selector == STREAM_ONE_TYPE)
        return &stream->types[0];
    if (!says_type(stream->stream, view))
        return &stream->types[stream->n_types - 1];
    value = selector_value(stream->stream, view);
    if (!cutter->type || value != cutter->value) {
        cutter->type = find_type(stream, value);
        cutter->value = value;
    }
    return cutter->type;
}

const struct graph_type *runs_type(struct graph_ring *ring, const struct ringmill_view *view)
{
    struct cutter cutter = {.ring = ring};

    return type_of(&cutter, view);
}

static struct mark look(struct cutter *cutter, const struct ringmill_view *view)
{
    return (struct mark){.type = type_of(cutter, view),
                         .gap = cutter->numbered ? losses_step(cutter->ring, view) : 0,
                         .noted = cutter->replayed && replay_is_due(cutter->ring, view->position)};
}

/* The first `count` of the views are of one type, and that many records are missing before them. */
static void handle_run(struct cutter *cutter, const struct mark *mark, struct batch *run,
                       int64_t now)
{
    if (mark->gap > 0)
        losses_tell_gap(cutter->ring, mark->gap, now);
    if (mark->type->type)
        handle_known(mark->type, run);
    else
        handle_unknown(mark->type, run);
    if (cutter->numbered)
        losses_note(cutter->ring, mark->type, &run->views[run->count - 1], now);
}

/* Apart, so that the plain way needs no stack. */
static __attribute__((noinline)) void handle_runs(struct graph_ring *ring, struct batch *batch,
                                                  int64_t now)
{
    struct cutter cutter = {.ring = ring,
                            .numbered = graph_stream_is_numbered(ring->stream),
                            .budget = REPLAY_LOSSES_MAX};
    const struct ringmill_view *view = batch->views, *end = batch->views + batch->count;
    struct wall_offset saved;
    struct mark next;

    cutter.replayed = ring->stream->stream->capture != NULL;
    if (cutter.replayed)
        replay_enter(ring, &saved);
    next = look(&cutter, view);
    while (view < end) {
        struct mark mark = next;

        batch->views = view;
        if (mark.noted)
            replay_note(ring, view->position, &cutter.budget);
        do {
            if (++view == end)
                break;
            next = look(&cutter, view);
        } while (next.type == mark.type && next.gap == 0 && !next.noted);
        batch->count = (uint32_t)(view - batch->views);
        handle_run(&cutter, &mark, batch, now);
    }
    if (cutter.replayed)
        replay_leave(ring, &saved);
}

void runs_handle(struct graph_ring *ring, struct batch *batch, int64_t now)
{
    const struct graph_stream *stream = ring->stream;

    if (stream->plain)
        handle_known(&stream->types[0], batch);
    else
        handle_runs(ring, batch, now);
}
