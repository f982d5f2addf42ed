// SPDX-License-Identifier: Apache-2.0

/* The slot holds one loss and not a list: losses come once a second at the most, and while the
 * consumer has no room for one, the next look adds to what is still to be posted. So nothing is
 * ever turned away, and the last look, which the stop waits for, finds its way like any other. */

#include "pipeline/loss_report.h"

#include "record/field.h"

/* ---- counted ones ---------------------------------------------------------------------------- */

bool loss_report_all_posted(const struct input *input)
{
    return input_is_numbered(input) || input->lost == input->lost_told;
}

bool loss_report_post(struct input *input, int64_t before, int64_t after)
{
    if (loss_report_all_posted(input)) {
        input->lost_clean = before;
        return false;
    }
    if (loss_report_is_posted(input))
        return false;
    input->loss = (struct loss){
        .records = input->lost - input->lost_told, .since = input->lost_clean, .until = after};
    input->lost_told = input->lost;
    input->lost_clean = before;
    atomic_store_explicit(&input->loss_posted, true, memory_order_release);
    return true;
}

/* All types of an input come by the same ring, so it is said once for each pipeline. */
static void tell(struct input *input, const struct loss *loss)
{
    for (uint32_t i = 0; i < input->types[0].n_chains; i++)
        chain_tell_loss(input->types[0].chains[i], loss);
}

void loss_report_write(struct input *input)
{
    tell(input, &input->loss);
    atomic_store_explicit(&input->loss_posted, false, memory_order_release);
}

/* ---- gaps in a sequence ---------------------------------------------------------------------- */

void loss_report_find_gaps(struct input_ring *ring, const struct field_values *values,
                           uint32_t count, uint64_t *ret_gaps)
{
    uint32_t size = ring->input->stream->sequence.size;
    uint64_t mask = size < 8 ? (UINT64_C(1) << 8 * size) - 1 : UINT64_MAX;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t gap = (values->values[i] - ring->next_number) & mask;

        ret_gaps[i] = 0;
        if (values->absent[i])
            continue;
        if (ring->numbered && gap <= mask / 2)
            ret_gaps[i] = gap;
        ring->next_number = values->values[i] + 1;
        ring->numbered = true;
    }
}

void loss_report_note_time(struct input_ring *ring, const struct input_type *type,
                           const struct ringmill_view *view, int64_t now)
{
    const struct stream *stream = ring->input->stream;
    const struct field *time = type->ktime;

    if (!time && stream->ordered)
        time = &stream->order;
    ring->numbered_at =
        time && field_present(time, view) ? (int64_t)field_integer(time, view) : now;
}

void loss_report_write_gap(struct input_ring *ring, uint64_t records, int64_t now)
{
    struct loss loss = {.records = records, .since = ring->numbered_at, .until = now};

    counter_add(&ring->input->gaps, records);
    tell(ring->input, &loss);
}
