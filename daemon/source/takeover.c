// SPDX-License-Identifier: Apache-2.0
#include "source/takeover.h"

#include <ringmill/ring.h>

#include "source/attachment.h"
#include "source/kept_set.h"
#include "source/kept_source.h"
#include "source/kind.h"
#include "source/object.h"
#include "source/object_source.h"
#include "source/perf_events.h"

void takeover_begin(struct object_source *state)
{
    for (uint32_t i = 0; i < state->n_rings; i++)
        for (uint32_t j = 0; j < state->rings[i].shards.n; j++)
            atomic_store(&state->rings[i].own[j].bounds.from, RING_FROM_LATER);
    state->waits = true;
}

/* Whether programs of that running source are attached in a way that lets those of its successor
 * record the same events: TC filters are replaced, and each run of an iterator is its own. */
static bool is_needed(const struct object_source *previous)
{
    const struct attachments *attachments = &previous->object->attachments;

    for (uint32_t i = 0; i < attachments->count; i++)
        if (attachment_fd(&attachments->items[i]) >= 0)
            return true;
    return previous->kept && kept_set_count(previous->kept, KEPT_LINK) > 0;
}

/* Also what a kept set says to the next process; it counts once the set is complete. */
static void note_ends(struct object_source *state, uint32_t stream)
{
    const struct object_ring *ring = &state->rings[stream];

    for (uint32_t i = 0; i < ring->shards.n; i++) {
        struct own_ring *own = &ring->own[i];
        struct ring_bounds *noted =
            state->kept ? kept_set_ring_bounds(state->kept, stream, i) : NULL;

        own->end = own->handle ? ringmill_ring_end(own->handle) : 0;
        if (noted)
            atomic_store(&noted->from, own->end);
    }
}

static void open_rings(struct object_source *state)
{
    for (uint32_t i = 0; i < state->n_rings; i++)
        for (uint32_t j = 0; j < state->rings[i].shards.n; j++)
            atomic_store(&state->rings[i].own[j].bounds.from, state->rings[i].own[j].end);
}

void takeover_end(struct source *source)
{
    struct object_source *state = source->state;

    attachments_wait();
    for (uint32_t i = 0; i < state->n_rings; i++) {
        kept_source_forget_lost(state, i);
        if (state->rings[i].perf)
            perf_events_forget_lost(state->rings[i].perf);
        note_ends(state, i);
    }
    if (state->kept)
        kept_set_complete(state->kept);
    open_rings(state);
    state->waits = false;
}

void takeover_follow(struct source *source, const struct source *previous)
{
    struct object_source *state = source->state, *other = previous->state;

    if (previous->kind->follow != takeover_follow)
        return;
    state->follows = other->kept ? other : NULL;
    source->takes_over = source->once && !source->adopted && is_needed(other);
    if (source->takes_over)
        takeover_begin(state);
}

void takeover_run(struct source *source)
{
    struct object_source *state = source->state;

    if (state->kept)
        kept_source_take_over(source);
    else if (state->waits)
        takeover_end(source);
    source->takes_over = false;
}
