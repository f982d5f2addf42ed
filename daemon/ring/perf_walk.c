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

/* Zero if the record at `at` is a sample of that kind and raw length. */
static inline uint64_t compare(const uint8_t *at, uint64_t kind, uint32_t raw)
{
    const _Atomic uint64_t *words = (const _Atomic uint64_t *)at;
    uint64_t header = atomic_load_explicit(&words[0], memory_order_relaxed);
    uint64_t second = atomic_load_explicit(&words[1], memory_order_relaxed);

    return perf_kind(header ^ kind) | (uint32_t)(second ^ raw);
}

/* As walk_regular(), and no record that wraps. */
static inline uint32_t take_regular(struct perf_walk *perf, struct walk *walk,
                                    struct ringmill_view *ret_views, uint32_t capacity,
                                    uint64_t *bytes)
{
    struct guess *guess = &walk->guess;
    const uint64_t position = walk->position, step = guess->step;
    const uint64_t kind = PERF_RECORD_SAMPLE | step << 48;
    const uint64_t known = walk->limit - position, unwrapped = perf->size - (position & walk->mask);
    const uint32_t raw = (uint32_t)step - PERF_SAMPLE_AT;
    const uint8_t *at = walk->data + (position & walk->mask);
    uint32_t n = 0, most, exact;

    if (!guess_is_steady(guess))
        return 0;
    most = guess_together(guess, known < unwrapped ? known : unwrapped, capacity);
    if (most > 0 && !walk->no_prefetch)
        guess_fetch_regular(guess, walk->data, walk->mask, position, position + most * step,
                            walk->limit);
    exact = raw == perf->raw ? perf->exact : find_exact(perf, raw);
    for (; n < most; n += GUESS_TOGETHER) {
        uint64_t differ = 0;

        for (uint32_t i = n; i < n + GUESS_TOGETHER; i++, at += step) {
            differ |= compare(at, kind, raw);
            ret_views[i].data = at + PERF_SAMPLE_AT;
            ret_views[i].length = exact;
            ret_views[i].reserved = 0;
            ret_views[i].position = position + i * step;
        }
        if (differ != 0)
            break;
    }
    walk->position = position + n * step;
    guess->left -= n;
    *bytes += (uint64_t)n * exact;
    return n;
}

/* noinline: most batches are regular, and need none of this. */
static __attribute__((noinline)) uint32_t take_any(struct perf_walk *perf, struct walk *from,
                                                   struct ringmill_view *ret_views,
                                                   uint32_t capacity, uint64_t *bytes)
{
    struct walk walk = *from; /* a copy can be in registers */
    uint64_t sum = *bytes;
    uint32_t n = 0;

    while (n < capacity && step(perf, &walk, &ret_views[n]) == WALK_VIEW) {
        sum += ret_views[n++].length;
        n += take_regular(perf, &walk, ret_views + n, capacity - n, &sum);
    }
    *from = walk;
    *bytes = sum;
    return n;
}

uint32_t perf_take(struct perf_walk *perf, struct walk *walk, struct ringmill_view *ret_views,
                   uint32_t capacity, uint64_t *ret_bytes)
{
    uint32_t n;

    *ret_bytes = 0;
    n = take_regular(perf, walk, ret_views, capacity, ret_bytes);
    if (n < capacity)
        n += take_any(perf, walk, ret_views + n, capacity - n, ret_bytes);
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
