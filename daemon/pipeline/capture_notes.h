// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a capture says between its records: how far the wall clock was off, what was lost, and what
 * ids are called. All belong at their place among the records, so that a replay comes out as the
 * original did. All on the consumer thread, for rings whose input has a capture. */

#include <ringmill/ring.h>
#include <stdbool.h>

#include "pipeline/graph.h"

/* Losses that are reported at once; further ones wait for the next batch. */
enum { CAPTURE_NOTES_LOSSES_MAX = 32 };

/* Something is said before the record that was not dealt with yet. */
static inline bool capture_notes_is_due(const struct input_ring *ring,
                                        const struct ringmill_view *view)
{
    return ring->next_note < view->position;
}

/* The graph's clock becomes that of the capture, until capture_notes_leave() with the same *saved.
 * Also when handlers make records of what they have: rows have the capture's times. */
void capture_notes_enter(struct input_ring *ring, struct wall_offset *ret_saved);
/* The graph's clock becomes again what capture_notes_enter() saved. */
void capture_notes_leave(struct input_ring *ring, const struct wall_offset *saved);

/* Between the two, with room in the input's lanes: deals with what is said before position.
 * *budget: losses that may still be told. */
void capture_notes_apply(struct input_ring *ring, uint64_t position, uint32_t *budget);

/* After the last record, with room: deals with what is left to be said. */
void capture_notes_rest(struct input_ring *ring);
/* Nothing will ever come from this input again. */
bool capture_notes_ended(const struct input *input);
