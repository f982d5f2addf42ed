// SPDX-License-Identifier: Apache-2.0

/* The slot holds one loss and not a list: losses come once a second at the most, and while the
 * consumer has no room for one, the next look adds to what is still to be posted. So nothing is
 * ever turned away, and the last look, which the stop waits for, finds its way like any other. */

#include "pipeline/losses.h"

#include "record/field.h"

/* ---- counted ones ---------------------------------------------------------------------------- */

bool losses_all_posted(const struct graph_stream *stream)
{
    return graph_stream_is_numbered(stream) || stream->lost == stream->lost_told;
}

bool losses_post(struct graph_stream *stream, int64_t before, int64_t after)
{
    if (losses_all_posted(stream)) {
        stream->lost_clean = before;
        return false;
    }
    if (losses_posted(stream))
        return false;
    stream->loss = (struct loss){
        .records = stream->lost - stream->lost_told, .since = stream->lost_clean, .until = after};
    stream->lost_told = stream->lost;
    stream->lost_clean = before;
    atomic_store_explicit(&stream->loss_posted, true, memory_order_release);
    return true;
}

/* All types of a stream come by the same ring, so it is said once for each pipeline. */
static void tell(struct graph_stream *stream, const struct loss *loss)
{
    for (uint32_t i = 0; i < stream->types[0].n_chains; i++)
        chain_tell_loss(stream->types[0].chains[i], loss);
}

void losses_take(struct graph_stream *stream)
{
    tell(stream, &stream->loss);
    atomic_store_explicit(&stream->loss_posted, false, memory_order_release);
}

/* ---- gaps in a sequence ---------------------------------------------------------------------- */

void losses_find_gaps(struct graph_ring *ring, const struct numbers *numbers, uint32_t count,
                      uint64_t *ret_gaps)
{
    uint32_t size = ring->stream->stream->sequence.size;
    uint64_t mask = size < 8 ? (UINT64_C(1) << 8 * size) - 1 : UINT64_MAX;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t gap = (numbers->values[i] - ring->next_number) & mask;

        ret_gaps[i] = 0;
        if (numbers->absent[i])
            continue;
        if (ring->numbered && gap <= mask / 2)
            ret_gaps[i] = gap;
        ring->next_number = numbers->values[i] + 1;
        ring->numbered = true;
    }
}

void losses_note(struct graph_ring *ring, const struct graph_type *type,
                 const struct ringmill_view *view, int64_t now)
{
    const struct stream *stream = ring->stream->stream;
    const struct field *time = type->ktime;

    if (!time && stream->ordered)
        time = &stream->order;
    ring->numbered_at =
        time && field_present(time, view) ? (int64_t)field_integer(time, view) : now;
}

void losses_tell_gap(struct graph_ring *ring, uint64_t records, int64_t now)
{
    struct loss loss = {.records = records, .since = ring->numbered_at, .until = now};

    counter_add(&ring->stream->gaps, records);
    tell(ring->stream, &loss);
}
