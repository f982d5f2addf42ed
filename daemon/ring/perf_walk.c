// SPDX-License-Identifier: Apache-2.0
/* The kernel publishes whole records, so none is ever busy. It writes the pages alone, but they are
 * checked like any other memory: each word is read once, and no length leads out of the ring. */
#include "ring/perf_walk.h"

enum walk_result perf_look(const struct walk *walk)
{
    uint64_t header;

    if (walk->position == walk->limit)
        return WALK_LIMIT;
    header = perf_load(walk, walk->position);
    if (!perf_fits(header, walk->limit - walk->position))
        return WALK_CORRUPT;
    if ((uint32_t)header == PERF_RECORD_SAMPLE &&
        (uint32_t)perf_load(walk, walk->position + sizeof(header)) >
            perf_span(header) - PERF_SAMPLE_AT)
        return WALK_CORRUPT;
    return WALK_VIEW;
}

/* The longest known length that the kernel would have made this one of. */
static uint32_t find_exact(struct perf_walk *perf, uint32_t raw)
{
    uint32_t n = perf->n_lengths;

    while (n > 0 && perf->lengths[n - 1] > raw)
        n--;
    perf->raw = raw;
    perf->exact = n > 0 && perf_padded(perf->lengths[n - 1]) == raw ? perf->lengths[n - 1] : raw;
    return perf->exact;
}

static inline __attribute__((always_inline)) void fill_view(struct perf_walk *perf,
                                                            const struct walk *walk,
                                                            uint64_t position, uint32_t raw,
                                                            struct ringmill_view *ret_view)
{
    ret_view->data = walk->data + (position & walk->mask) + PERF_SAMPLE_AT;
    ret_view->length = raw == perf->raw ? perf->exact : find_exact(perf, raw);
    ret_view->reserved = 0;
    ret_view->position = position;
}

/* noinline: once per round of the ring. */
static __attribute__((noinline)) void join_wrapped(const struct perf_walk *perf,
                                                   const uint8_t *data, uint64_t past)
{
    memcpy((uint8_t *)data + perf->size, data, past);
}

static inline void skip(struct walk *walk, uint64_t header, uint64_t position)
{
    walk->discards++;
    if ((uint32_t)header == PERF_RECORD_LOST && perf_span(header) >= 3 * sizeof(uint64_t))
        walk->lost += perf_load(walk, position + 2 * sizeof(uint64_t)); /* after the event's id */
}

static inline __attribute__((always_inline)) enum walk_result
step(struct perf_walk *perf, struct walk *walk, struct ringmill_view *ret_view)
{
    for (;;) {
        uint64_t position = walk->position, header, span, end;
        uint32_t raw = 0;

        if (position == walk->limit)
            return WALK_LIMIT;
        header = perf_load(walk, position);
        if (!perf_fits(header, walk->limit - position))
            return WALK_CORRUPT;
        span = perf_span(header);
        if ((uint32_t)header == PERF_RECORD_SAMPLE) {
            raw = (uint32_t)perf_load(walk, position + sizeof(header));
            if (raw > span - PERF_SAMPLE_AT)
                return WALK_CORRUPT;
        }
        walk->position = position + span;
        if (!walk->no_prefetch)
            guess_step(&walk->guess, walk->data, walk->mask, position + span, walk->limit,
                       (uint32_t)span);
        if ((uint32_t)header != PERF_RECORD_SAMPLE) {
            skip(walk, header, position);
            continue;
        }
        end = (position & walk->mask) + span;
        if (end > perf->size)
            join_wrapped(perf, walk->data, end - perf->size);
        fill_view(perf, walk, position, raw, ret_view);
        return WALK_VIEW;
    }
}

enum walk_result perf_step(struct perf_walk *perf, struct walk *walk,
                           struct ringmill_view *ret_view)
{
    return step(perf, walk, ret_view);
}

/* As walk_regular(), and no record that wraps: so the next one is at a fixed distance. */
static inline uint32_t take_regular(struct perf_walk *perf, struct walk *walk,
                                    struct ringmill_view *ret_views, uint32_t capacity,
                                    uint64_t *bytes)
{
    struct guess *guess = &walk->guess;
    const uint64_t step = guess->step, reach = guess->reach, near = step * GUESS_NEAR;
    const uint64_t kind = PERF_RECORD_SAMPLE | step << 48;
    const uint32_t raw = (uint32_t)step - PERF_SAMPLE_AT;
    const uint8_t *data = walk->data;
    const uint64_t mask = walk->mask;
    uint64_t position = walk->position;
    const uint64_t known = walk->limit - position, unwrapped = perf->size - (position & mask);
    uint64_t last;
    uint32_t n = 0, exact;

    if (walk->no_prefetch || !guess_is_steady(guess, position) || known < reach + step ||
        unwrapped < step)
        return 0;
    last = position - step + (known - reach < unwrapped ? known - reach : unwrapped);
    exact = raw == perf->raw ? perf->exact : find_exact(perf, raw);
    capacity = capacity < guess->left ? capacity : guess->left;
    for (const uint8_t *at = data + (position & mask); n < capacity && position <= last;
         at += step) {
        const _Atomic uint64_t *words = (const _Atomic uint64_t *)at;

        if (perf_kind(atomic_load_explicit(&words[0], memory_order_relaxed)) != kind ||
            (uint32_t)atomic_load_explicit(&words[1], memory_order_relaxed) != raw)
            break;
        ret_views[n].data = at + PERF_SAMPLE_AT;
        ret_views[n].length = exact;
        ret_views[n].reserved = 0;
        ret_views[n++].position = position;
        guess_fetch_regular(guess, data + ((position + reach) & mask));
        position += step;
        __builtin_prefetch(data + ((position + near) & mask), 0, 3);
    }
    walk->position = position;
    guess->left -= n;
    guess->ahead = position + reach;
    *bytes += (uint64_t)n * exact;
    return n;
}

uint32_t perf_take(struct perf_walk *perf, struct walk *from, struct ringmill_view *ret_views,
                   uint32_t capacity, uint64_t *ret_bytes)
{
    struct walk walk = *from; /* a copy can be in registers */
    uint64_t bytes = 0;
    uint32_t n = 0;

    do {
        n += take_regular(perf, &walk, ret_views + n, capacity - n, &bytes);
        if (n == capacity || step(perf, &walk, &ret_views[n]) != WALK_VIEW)
            break;
        bytes += ret_views[n++].length;
    } while (n < capacity);
    *from = walk;
    *ret_bytes = bytes;
    return n;
}

uint64_t perf_count(const struct walk *walk, uint64_t end)
{
    uint64_t records = 0;

    for (uint64_t at = walk->position; at != end;) {
        uint64_t header = perf_load(walk, at);

        if (!perf_fits(header, end - at))
            break;
        records += (uint32_t)header == PERF_RECORD_SAMPLE;
        at += perf_span(header);
    }
    return records;
}
