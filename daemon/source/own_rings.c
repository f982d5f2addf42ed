// SPDX-License-Identifier: Apache-2.0
#include "source/own_rings.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <ringmill/ring.h>
#include <stdlib.h>

#include "source/kept_set.h"
#include "source/object_source.h"
#include "source/perf_events.h"
#include "source/predecessor.h"

int own_rings_make(struct object_source *state, struct error *error)
{
    for (uint32_t i = 0; i < state->n_rings; i++) {
        struct object_ring *ring = &state->rings[i];

        ring->own = calloc(ring->shards.n + 1, sizeof(*ring->own));
        if (!ring->own)
            return error_set(error, -ENOMEM, "out of memory");
        for (uint32_t j = 0; j < ring->shards.n; j++) {
            const struct ring_bounds *noted =
                state->kept ? kept_set_ring_bounds(state->kept, i, j) : NULL;

            ring->own[j].bounds.from = noted ? atomic_load(&noted->from) : 0;
            ring->own[j].bounds.until = RING_UNTIL_OPEN;
        }
    }
    return 0;
}

/* A ring that we have just created needs no lock; one that is pinned or kept may be opened by
 * others. */
static uint32_t ring_flags(const struct object_source *state, const struct object_ring *ring)
{
    bool known = bpf_map__pin_path(ring->map) || state->keep->mode != KEEP_NONE;

    return known ? 0 : RINGMILL_RING_NO_LOCK;
}

int own_rings_open(const struct source *source, uint32_t stream, uint32_t ring,
                   struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    const struct object_source *state = source->state;
    const struct object_ring *from = &state->rings[stream];
    struct ringmill_ring_options options = {
        .size = sizeof(options),
        .flags = ring_flags(state, from),
        .recheck = state->recheck,
    };
    int result;

    if (ring >= from->shards.n)
        return predecessor_open_ring(state, stream, ring - from->shards.n, reason, ret_ring);
    if (from->perf)
        result = perf_events_open_ring(from->perf, ring, from->name, from->template_size, &options,
                                       reason, ret_ring);
    else
        result = ringmill_ring_open(from->shards.fds[ring], &options, reason, ret_ring);
    if (result == 0)
        from->own[ring].handle = *ret_ring;
    return result;
}

struct ring_bounds *own_rings_bounds(const struct source *source, uint32_t stream, uint32_t ring)
{
    const struct object_source *state = source->state;
    const struct object_ring *from = &state->rings[stream];

    return ring < from->shards.n ? &from->own[ring].bounds
                                 : predecessor_ring_bounds(state, stream, ring - from->shards.n);
}
