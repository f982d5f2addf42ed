// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Guessing where the next headers are, and fetching them into the cache ahead of the walk.
 *
 * Each header says where the next one is, so a walk is a chain of cache misses, and with varying
 * lengths no hardware prefetcher helps. But records have few different sizes. The greatest common
 * divisor of the recent spans is a grid on which all headers lie:
 *
 *     all spans 520            grid 520: one fetch per record, always right
 *     256, 768, 1280, 2048     grid 256: four fetches for each header, none missed
 *     64, 136, 248, ...        grid 8: finer than a cache line, so each line is fetched
 *
 * If the grid is finer than a line and records are long, fetching each line costs more than the
 * misses: then nothing is fetched. A few records that leave the grid only move it; if many do, the
 * next window of records decides on a new grid.
 *
 * Where each grid point has a record, nothing has to be decided for the single record: the walk
 * checks several of them together, and all fetches of a batch are made at once. */

#include <stdbool.h>
#include <stdint.h>

enum {
    GUESS_LINE = 64,    /* bytes of a cache line */
    GUESS_CHUNK = 1024, /* bytes that are fetched at once, where each line is */
    GUESS_SHORT = 256,  /* bytes: of such records each line is fetched, a filter needs them */
    GUESS_WINDOW = 64,  /* records between two looks at the grid */
    GUESS_LONG = 1024,  /* the same while nothing has left it, and each point has a record */
    GUESS_TOGETHER = 4, /* regular records that are checked together */
};

/* Marks a span so that it equals no later span: then a second record of the same length moves the
 * grid, too. */
#define GUESS_OFF (UINT32_C(1) << 31)

struct guess {
    bool regular;    /* one record per grid point */
    uint64_t reach;  /* bytes that are fetched ahead */
    uint32_t step;   /* the grid; at least a line; 0: fetch nothing */
    uint32_t second; /* the byte after a header that is fetched, too; of regular records */
    uint32_t lead;   /* bytes between header and sample: given by the ring's layout */
    uint32_t last;   /* the last span, and GUESS_OFF if it left the grid */
    uint32_t window; /* records of this window */
    uint32_t left;   /* how many of them are left */
    uint32_t grid;   /* the divisor of this window's spans so far */
    uint32_t misses; /* records of this window that left the grid */
    uint64_t start;  /* position at the window's start */
    uint64_t ahead;  /* fetched up to here */
};

/* Ends a window: decides on the grid for the next one. */
void guess_decide(struct guess *guess, uint64_t position);
/* The greatest common divisor; a, if b is 0. */
uint32_t guess_divisor(uint32_t a, uint32_t b);

/* Handles a record whose span differs from the previous one. A long window begins again as a short
 * one, so that a change of the records is noticed as fast as ever. */
static inline void guess_change(struct guess *guess, uint64_t position, uint32_t span)
{
    if (guess->grid > GUESS_LINE && span % guess->grid != 0)
        guess->grid = guess_divisor(guess->grid, span);
    if (guess->step > GUESS_LINE && span % guess->step != 0) {
        guess->misses++;
        guess->ahead = position;
        guess->last = span | GUESS_OFF;
    }
    if (guess->window > GUESS_WINDOW) {
        guess->start = position;
        guess->window = guess->left = GUESS_WINDOW;
    }
}

/* Fetches a kilobyte of lines at once: the number of lines that the next record needs cannot be
 * predicted, and a loop that ends at a different point each time costs more than the fetches. */
static inline void guess_fetch_chunk(const uint8_t *at)
{
    for (int line = 0; line < GUESS_CHUNK; line += GUESS_LINE)
        __builtin_prefetch(at + line, 0, 3);
}

/* Whether the next record is expected to have the same span as the last one. */
static inline bool guess_is_steady(const struct guess *guess)
{
    return guess->regular && guess->last == guess->step;
}

/* How many records of that span may be taken without deciding anything: what lies in so many bytes,
 * up to the capacity and the end of the window. */
static inline uint32_t guess_together(const struct guess *guess, uint64_t bytes, uint32_t capacity)
{
    uint32_t most = capacity < guess->left ? capacity : guess->left;

    if (bytes < (uint64_t)most * guess->step)
        most = (uint32_t)bytes / guess->step;
    return most - most % GUESS_TOGETHER;
}

/* Fetches regular records that are not fetched yet, from position on to the reach after end. Of
 * short ones this is each line, once. */
static inline void guess_fetch_regular(struct guess *guess, const uint8_t *data, uint64_t mask,
                                       uint64_t position, uint64_t end, uint64_t limit)
{
    uint64_t ahead = guess->ahead - position, done;

    end = limit - end < guess->reach ? limit : end + guess->reach;
    done = end - position;
    if (ahead > done + GUESS_LINE)
        ahead = 0; /* the walk has passed it */
    if (guess->step <= GUESS_SHORT) {
        for (; ahead < done; ahead += GUESS_LINE)
            __builtin_prefetch(data + ((position + ahead) & mask), 0, 3);
    } else {
        for (; ahead < done; ahead += guess->step) {
            __builtin_prefetch(data + ((position + ahead) & mask), 0, 3);
            __builtin_prefetch(data + ((position + ahead) & mask) + guess->second, 0, 3);
        }
    }
    guess->ahead = position + ahead;
}

/* Called when the walk has reached position by a record of span bytes. Fetches what is likely to be
 * needed, up to limit. */
static inline __attribute__((always_inline)) void guess_step(struct guess *guess,
                                                             const uint8_t *data, uint64_t mask,
                                                             uint64_t position, uint64_t limit,
                                                             uint32_t span)
{
    uint32_t last = guess->last;

    guess->last = span;
    if ((guess->grid > GUESS_LINE || guess->step > GUESS_LINE) && span != last)
        guess_change(guess, position, span);
    if (guess->left-- == 0) {
        struct guess decided =
            *guess; /* a copy: a variable whose address is taken would be kept in memory */

        guess_decide(&decided, position);
        *guess = decided;
    }
    if (guess->step == 0)
        return;
    if (guess->regular) {
        guess_fetch_regular(guess, data, mask, position, position, limit);
        return;
    }
    uint64_t reach = guess->reach;
    uint64_t done = guess->ahead - position;
    if (done > reach + GUESS_CHUNK)
        done = 0; /* the walk has passed it */
    if (done >= reach)
        return;
    if (guess->step == GUESS_LINE && limit - position >= reach + GUESS_CHUNK) {
        do {
            guess_fetch_chunk(data + ((position + done) & mask));
            done += GUESS_CHUNK;
        } while (done < reach);
        guess->ahead = position + done;
        return;
    }
    if (reach > limit - position)
        reach = limit - position;
    for (; done < reach; done += guess->step)
        __builtin_prefetch(data + ((position + done) & mask), 0, 3);
    guess->ahead = position + done;
}
