// SPDX-License-Identifier: Apache-2.0
/* Decisions that are made once per window of records, not for each record. */
#include "ring/guess.h"

enum {
    MEAN_MAX =
        1536, /* bytes: for longer records, a cache miss costs less than fetching all their lines */
    MISSES_MAX = GUESS_WINDOW / 16,
    AHEAD_REGULAR = 96, /* grid points to fetch ahead */
    AHEAD_GRID = 32,
    FIRST_WORD = 15, /* the last byte of header and first word, which may lie on two lines */
};

uint32_t guess_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

void guess_decide(struct guess *guess, uint64_t position)
{
    const uint64_t mean = guess->window ? (position - guess->start) / guess->window : 0;
    const bool kept = guess->misses == 0;
    uint32_t step = guess->step;

    if (step == 0 || guess->misses > MISSES_MAX || (guess->misses == 0 && guess->grid > step))
        step = guess->grid;
    if (step <= GUESS_LINE)
        step = mean <= MEAN_MAX ? GUESS_LINE : 0;
    if (step != guess->step)
        guess->ahead = position;
    guess->step = step;
    guess->regular = step > GUESS_LINE && step + step / 8 >= mean;
    guess->reach = (uint64_t)step * (guess->regular ? AHEAD_REGULAR : AHEAD_GRID);
    guess->second = FIRST_WORD + guess->lead;
    guess->grid = guess->last & ~GUESS_OFF;
    guess->misses = 0;
    guess->window = kept && guess->regular ? GUESS_LONG : GUESS_WINDOW;
    guess->left = guess->window - 1;
    guess->start = position;
}
