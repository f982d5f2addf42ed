// SPDX-License-Identifier: Apache-2.0

/* Encoders and handlers know one clock, the graph's. While a replayed batch is in hand that clock
 * shows what it showed then; sources that are live beside it get theirs back afterwards. That clock
 * also says by when the records at hand had been read: this machine's CLOCK_MONOTONIC says nothing
 * about them, it may have been started a minute ago.
 *
 * Names of ids are given where the capture has them, so that users and cgroups are called as they
 * were there and then, on any machine. Beside live sources this machine's names are shown for all:
 * there is one resolver. */

#include "pipeline/capture_notes.h"

#include <ringmill/ring.h>

#include "base/resolver.h"
#include "capture/capture.h"

static const struct capture *capture_of(const struct input_ring *ring)
{
    return ring->input->stream->capture;
}

static uint64_t wall_position(const struct input_ring *ring)
{
    const struct capture *capture = capture_of(ring);

    return ring->next_wall < capture->n_walls ? capture->walls[ring->next_wall].position
                                              : UINT64_MAX;
}

static uint64_t gap_position(const struct input_ring *ring)
{
    const struct capture *capture = capture_of(ring);

    return ring->next_gap < capture->n_gaps ? capture->gaps[ring->next_gap].position : UINT64_MAX;
}

static uint64_t naming_position(const struct input_ring *ring)
{
    const struct capture *capture = capture_of(ring);

    return ring->resolver && ring->next_naming < capture->n_namings
               ? capture->namings[ring->next_naming].position
               : UINT64_MAX;
}

static void give_names(struct input_ring *ring, uint64_t position)
{
    while (naming_position(ring) < position) {
        const struct capture_naming *naming = &capture_of(ring)->namings[ring->next_naming++];

        if (naming->kind == RESOLVER_USER)
            resolver_give_user(ring->resolver, naming->pid, naming->id, naming->name,
                               naming->length);
        else
            resolver_give(ring->resolver, naming->kind, naming->id, naming->name, naming->length);
    }
}

void capture_notes_enter(struct input_ring *ring, struct wall_offset *ret_saved)
{
    *ret_saved = *ring->wall;
    ring->replayed.replayed = true;
    ring->replayed.here = ret_saved->offset;
    *ring->wall = ring->replayed;
}

void capture_notes_leave(struct input_ring *ring, const struct wall_offset *saved)
{
    ring->replayed = *ring->wall;
    *ring->wall = *saved;
}

/* It counts as a measurement of its own: whoever keeps what was measured last sees that. */
static void set_wall(struct input_ring *ring)
{
    const struct capture_wall *wall = &capture_of(ring)->walls[ring->next_wall++];
    int64_t before = ring->wall->measured;

    ring->wall->offset = wall->offset;
    ring->wall->slept = wall->slept;
    ring->wall->measured = wall->monotonic == before ? before + 1 : wall->monotonic;
    ring->wall->latest = wall->latest;
    ring->wall->boot = wall->boot;
}

static void tell_gap(struct input_ring *ring)
{
    const struct capture_gap *gap = &capture_of(ring)->gaps[ring->next_gap++];
    const struct input_type *type;

    counter_add(&ring->input->gaps, gap->loss.records);
    if (gap->type == UINT32_MAX)
        return;
    type = &ring->input->types[gap->type];
    for (uint32_t i = 0; i < type->n_chains; i++)
        chain_tell_loss(type->chains[i], &gap->loss);
}

void capture_notes_apply(struct input_ring *ring, uint64_t position, uint32_t *budget)
{
    uint64_t wall = wall_position(ring), gap = gap_position(ring), naming;

    give_names(ring, position);
    naming = naming_position(ring);
    while (wall < position || (gap<position && * budget> 0)) {
        if (wall <= gap || *budget == 0) {
            set_wall(ring);
            wall = wall_position(ring);
        } else {
            tell_gap(ring);
            --*budget;
            gap = gap_position(ring);
        }
    }
    ring->next_note = wall < gap ? wall : gap;
    if (naming < ring->next_note)
        ring->next_note = naming;
}

static bool is_at_end(const struct input_ring *ring)
{
    return ringmill_ring_position(ring->handle) == capture_of(ring)->end;
}

void capture_notes_rest(struct input_ring *ring)
{
    uint32_t budget = CAPTURE_NOTES_LOSSES_MAX;
    struct wall_offset saved;

    if (!is_at_end(ring) || ring->next_note == UINT64_MAX)
        return;
    capture_notes_enter(ring, &saved);
    capture_notes_apply(ring, UINT64_MAX, &budget);
    capture_notes_leave(ring, &saved);
}

bool capture_notes_ended(const struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (!is_at_end(input->rings[i]) || input->rings[i]->next_note != UINT64_MAX)
            return false;
    return true;
}
