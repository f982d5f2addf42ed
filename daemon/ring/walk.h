// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Walking records in memory that has the kernel's layout: a mapped ring, a fake one, or the pages
 * of a capture. Nothing here publishes, waits or makes a system call. */

#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring/guess.h"
#include "ring/layout.h"

/* Every byte from position to limit is mapped at data + (byte & mask), also where it runs past the
 * end of the data area. Both are multiples of 8. All but the first five fields begin as zero. */
struct walk {
    const uint8_t *data;
    uint64_t mask;      /* data area - 1 */
    uint64_t position;  /* of the next header */
    uint64_t limit;     /* records end here, as far as is known */
    bool no_prefetch;   /* never prefetch */
    uint64_t discards;  /* skipped so far */
    uint64_t lost;      /* records that were lost before the position, in perf rings */
    struct guess guess; /* where the next headers are */
};

enum walk_result {
    WALK_VIEW,    /* a view was given */
    WALK_LIMIT,   /* position has come to limit */
    WALK_BUSY,    /* the record at position is still being written */
    WALK_CORRUPT, /* the record at position would lead past limit */
};

static inline uint32_t walk_header(const struct walk *walk)
{
    const uint8_t *at = walk->data + (walk->position & walk->mask);

    /* acquire: the sample's bytes were written before the length lost its busy bit */
    return atomic_load_explicit((const _Atomic uint32_t *)at, memory_order_acquire);
}

/* What the next step would find, without taking it; a discarded record counts as a view. */
static inline enum walk_result walk_look(const struct walk *walk)
{
    uint32_t header;

    if (walk->position == walk->limit)
        return WALK_LIMIT;
    header = walk_header(walk);
    if (header & LAYOUT_BUSY)
        return WALK_BUSY;
    if (layout_span(header & LAYOUT_LENGTH) > walk->limit - walk->position)
        return WALK_CORRUPT;
    return WALK_VIEW;
}

/* Steps over discarded records to the next one and past it. */
static inline __attribute__((always_inline)) enum walk_result
walk_step(struct walk *walk, struct ringmill_view *ret_view)
{
    for (;;) {
        uint64_t position = walk->position;
        uint32_t header;
        uint64_t span;

        if (position == walk->limit)
            return WALK_LIMIT;
        header = walk_header(walk);
        if (header & LAYOUT_BUSY)
            return WALK_BUSY;
        span = layout_span(header & LAYOUT_LENGTH);
        if (span > walk->limit - position)
            return WALK_CORRUPT;
        walk->position = position + span;
        if (!walk->no_prefetch)
            guess_step(&walk->guess, walk->data, walk->mask, position + span, walk->limit,
                       (uint32_t)span);
        if (header & LAYOUT_DISCARD) {
            walk->discards++;
            continue;
        }
        ret_view->data = walk->data + (position & walk->mask) + LAYOUT_HEADER;
        ret_view->length = header;
        ret_view->reserved = 0;
        ret_view->position = position;
        return WALK_VIEW;
    }
}

/* Steps over all next records that have the span that the guess expects, if that has been right for
 * a while: nothing is left to decide, so it needs a fraction of the instructions of walk_step().
 * Stops, perhaps at once, at the first record that differs; that one is for walk_step(). Adds the
 * bytes of the samples; returns the number of views. */
static inline uint32_t walk_regular(struct walk *walk, struct ringmill_view *ret_views,
                                    uint32_t capacity, uint64_t *bytes)
{
    struct guess *guess = &walk->guess;
    const uint64_t step = guess->step, reach = guess->reach, near = step * GUESS_NEAR;
    const uint8_t *data = walk->data;
    const uint64_t mask = walk->mask, limit = walk->limit;
    uint64_t position = walk->position, sum = 0;
    uint32_t n = 0;

    if (walk->no_prefetch || !guess_is_steady(guess, position))
        return 0;
    capacity = capacity < guess->left ? capacity : guess->left;
    while (n < capacity && limit - position >= reach + step) {
        const uint8_t *at = data + (position & mask);
        uint32_t header = atomic_load_explicit((const _Atomic uint32_t *)at, memory_order_acquire);

        if (layout_span(header) != step) /* this also excludes busy and discarded records */
            break;
        ret_views[n].data = at + LAYOUT_HEADER;
        ret_views[n].length = header;
        ret_views[n].reserved = 0;
        ret_views[n++].position = position;
        sum += header;
        guess_fetch_regular(guess, data + ((position + reach) & mask));
        position += step;
        __builtin_prefetch(data + ((position + near) & mask), 0, 3);
    }
    walk->position = position;
    guess->left -= n;
    guess->ahead = position + reach;
    *bytes += sum;
    return n;
}
