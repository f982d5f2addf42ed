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

/* Steps over the next records that have the span that the guess expects, some of them at a time:
 * nothing is left to decide, so it needs a fraction of the instructions of walk_step(). Stops,
 * perhaps at once, before a record that differs or is near the limit; that one is for walk_step().
 * Adds the bytes of the samples; returns the number of views. */
static inline uint32_t walk_regular(struct walk *walk, struct ringmill_view *ret_views,
                                    uint32_t capacity, uint64_t *bytes)
{
    struct guess *guess = &walk->guess;
    const uint64_t position = walk->position, step = guess->step;
    const uint8_t *at = walk->data + (position & walk->mask);
    uint32_t n = 0, most;

    if (!guess_is_steady(guess))
        return 0;
    most = guess_together(guess, walk->limit - position, capacity);
    if (most > 0 && !walk->no_prefetch)
        guess_fetch_regular(guess, walk->data, walk->mask, position, position + most * step,
                            walk->limit);
    for (; n < most; n += GUESS_TOGETHER) {
        uint64_t differ = 0, sum = 0;

        for (uint32_t i = n; i < n + GUESS_TOGETHER; i++, at += step) {
            uint32_t header =
                atomic_load_explicit((const _Atomic uint32_t *)at, memory_order_acquire);

            differ |= layout_span(header) ^ step; /* busy and discarded records differ, too */
            ret_views[i].data = at + LAYOUT_HEADER;
            ret_views[i].length = header;
            ret_views[i].reserved = 0;
            ret_views[i].position = position + i * step;
            sum += header;
        }
        if (differ != 0)
            break;
        *bytes += sum;
    }
    walk->position = position + n * step;
    guess->left -= n;
    return n;
}
