// SPDX-License-Identifier: Apache-2.0
/* Looking at a live ring that another process consumes.
 *
 * Records stay in place until the producer wraps around to them, so an observer that looks at least
 * once per ring size can walk and count every record, consumed or not. It may be overtaken during
 * the walk: so after the walk it checks whether the producer has wrapped around, and if so discards
 * the result and starts again at the consumer position, which is the start of a record. */
#include <errno.h>

#include "ring/ring.h"

enum { TRIES = 16 };

struct positions {
    uint64_t consumer;
    uint64_t producer;
};

static uint64_t producer_now(const struct ringmill_ring *ring)
{
    return atomic_load_explicit(ring->map.producer, memory_order_acquire);
}

/* Both positions move, so two values read one after the other may not belong together: the consumer
 * may have passed the older producer value. -EBADMSG if no valid pair is found. */
static int read_positions(const struct ringmill_ring *ring, struct positions *ret_positions)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t producer = producer_now(ring);
        uint64_t consumer = atomic_load_explicit(ring->map.consumer, memory_order_acquire);

        if (producer - consumer <= ring->map.size && (producer & 7) == 0 && (consumer & 7) == 0) {
            *ret_positions = (struct positions){consumer, producer};
            return 0;
        }
    }
    return -EBADMSG;
}

static void start_anew(struct ringmill_ring *ring, uint64_t position)
{
    ring->missed += position - ring->walk.position;
    ring->walk.position = position;
}

/* Counts what was written since the last look. -EBADMSG if a length is not valid. */
static int walk_new_records(struct ringmill_ring *ring, const struct positions *positions)
{
    uint64_t size = ring->map.size;
    struct walk walk;
    struct ringmill_view view;
    enum walk_result result;
    uint64_t records = 0;

    if (positions->producer - ring->walk.position > size)
        start_anew(ring, positions->consumer);
    walk = ring->walk;
    walk.limit = positions->producer;
    while ((result = walk_step(&walk, &view)) == WALK_VIEW)
        records++;
    /* all headers are read before this check of the producer position */
    atomic_thread_fence(memory_order_acquire);
    if (producer_now(ring) - ring->walk.position > size) {
        struct positions now;
        int r = read_positions(ring, &now);

        if (r == 0)
            start_anew(ring, now.consumer);
        return r;
    }
    if (result == WALK_CORRUPT)
        return -EBADMSG;
    ring->walked += walk.position - ring->walk.position;
    ring->walk = walk;
    counter_add(&ring->counters.records, records);
    return 0;
}

static uint64_t look_at_head(struct ringmill_ring *ring, const struct positions *positions,
                             uint64_t now)
{
    struct walk walk = ring->walk;

    walk.position = positions->consumer;
    walk.limit = positions->producer;
    if (walk_look(&walk) != WALK_BUSY) {
        ring->head_since = 0;
        return 0;
    }
    if (ring->head_since == 0 || ring->head != positions->consumer)
        ring->head_since = now;
    ring->head = positions->consumer;
    return ring->head_since;
}

int ringmill_ring_observe(struct ringmill_ring *ring, struct ringmill_sight *ret_sight)
{
    struct positions positions;
    uint64_t now = ring_now();
    uint64_t busy_since;
    int r;

    if (!(ring->flags & RINGMILL_RING_OBSERVE))
        return -EPERM;
    r = read_positions(ring, &positions);
    if (r < 0)
        return r;
    r = walk_new_records(ring, &positions);
    if (r < 0)
        return r;
    busy_since = look_at_head(ring, &positions, now);
    *ret_sight = (struct ringmill_sight){
        .time = now,
        .consumer = positions.consumer,
        .producer = positions.producer,
        .fill = positions.producer - positions.consumer,
        .records = atomic_load_explicit(&ring->counters.records, memory_order_relaxed),
        .discards = ring->walk.discards,
        .walked = ring->walked,
        .missed = ring->missed,
        .busy_since = busy_since,
    };
    return 0;
}
