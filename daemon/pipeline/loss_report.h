// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What was lost, on its way into the output. Two things find losses: the main thread, which has the
 * kernel's counters read once a second, and the consumer thread, which sees gaps in the numbers of
 * a sequence.
 *
 *     main: loss_report_post() ──▶ input->loss, one slot ──▶ consumer: loss_report_write() ─┐
 *                             (a flag says whose)                                 ├─▶ chains
 *     consumer: loss_report_find_gaps() ────────────────────────────────────────────┘
 *
 * While the slot is the consumer's, further losses wait for the next look and become one event with
 * it. Where an input has both a counter and a sequence, the counter rules and the sequence is not
 * looked at: a counter also knows the losses after the last record. */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/field_values.h"
#include "pipeline/graph.h"

/* Main thread, after input->lost was read: between the times before and after (ns, monotonic).
 * True when the consumer thread has got something to do. */
bool loss_report_post(struct input *input, int64_t before, int64_t after);
/* Main thread: everything that was read has been posted. */
bool loss_report_all_posted(const struct input *input);

/* Consumer thread: something was posted and not taken. */
static inline bool loss_report_is_posted(const struct input *input)
{
    return atomic_load_explicit(&input->loss_posted, memory_order_acquire);
}

/* Consumer thread, with something posted and room in the input's lanes: tells it. */
void loss_report_write(struct input *input);

/* Consumer thread, with the numbers of a ring's next records: how many are missing before each. The
 * numbers of each ring count for themselves. A jump backwards, by less than half of what the field
 * can hold, is a new beginning and no gap; a record without a number is passed over. */
void loss_report_find_gaps(struct input_ring *ring, const struct field_values *values,
                           uint32_t count, uint64_t *ret_gaps);
/* Consumer thread: a gap that comes next is younger than this record. When it was written it says
 * itself; else it was there now. */
void loss_report_note_time(struct input_ring *ring, const struct input_type *type,
                           const struct ringmill_view *view, int64_t now);
/* Consumer thread, with room: counts and tells a gap that was found now. */
void loss_report_write_gap(struct input_ring *ring, uint64_t records, int64_t now);
