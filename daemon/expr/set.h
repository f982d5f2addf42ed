// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Constants that a value is looked up in. Up to SET_FEW of them are compared one by one; more are a
 * bit each where they lie close together, and are hashed or, as intervals, searched by halves where
 * they do not. Made at compile, in a program's memory, and immutable
 * then. All functions return NULL when out of memory. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/program.h"

enum {
    SET_FEW = 8,
    SET_BITS_MAX = 65536, /* from the lowest to the highest member */
};

/* 64-bit patterns, all of one type. */
struct integer_set {
    uint32_t n;      /* of few; 0: they are hashed */
    uint32_t shift;  /* of a hash down to a slot */
    uint64_t empty;  /* what an empty slot holds: no member */
    uint64_t *slots; /* or the few */
};

/* A set of n different members, at least one. */
struct integer_set *integer_set_new(struct expr *expr, const uint64_t *members, uint32_t n);

static inline bool integer_set_has(const struct integer_set *set, uint64_t bits)
{
    uint64_t at = bits * UINT64_C(0x9e3779b97f4a7c15) >> set->shift;

    if (bits == set->empty)
        return false;
    while (set->slots[at] != bits) {
        if (set->slots[at] == set->empty)
            return false;
        at++; /* the slots go on a little after the last hash */
    }
    return true;
}

/* Closed intervals of 64-bit patterns that order as unsigned integers, apart and ascending. */
struct interval {
    uint64_t lowest;
    uint64_t highest;
};

struct interval_set {
    uint32_t n;
    struct interval intervals[];
};

/* A copy of the n intervals, at least one. */
struct interval_set *interval_set_new(struct expr *expr, const struct interval *intervals,
                                      uint32_t n);

static inline bool interval_set_has(const struct interval_set *set, uint64_t key)
{
    const struct interval *at = set->intervals;

    for (uint32_t left = set->n; left > 1;) { /* the last one that begins at key or before */
        uint32_t half = left / 2;

        at = at[half].lowest <= key ? at + half : at;
        left -= half;
    }
    return key - at->lowest <= at->highest - at->lowest;
}

/* The intervals as a bit set, one bit per pattern; for patterns that differ by less than
 * SET_BITS_MAX. */
struct bit_set {
    uint64_t lowest;
    uint64_t span;
    uint64_t words[];
};

/* A set of all patterns in the n intervals, at least one. */
struct bit_set *bit_set_new(struct expr *expr, const struct interval *intervals, uint32_t n);

static inline bool bit_set_has(const struct bit_set *set, uint64_t key)
{
    uint64_t bit = key - set->lowest;
    bool inside = bit <= set->span;

    bit = inside ? bit : 0;
    return inside & (set->words[bit / 64] >> (bit % 64));
}

/* Texts, or bytes. */
struct text_set {
    uint32_t n; /* of few; 0: they are hashed */
    uint32_t mask;
    uint32_t longest;
    struct text *slots; /* bytes is NULL: empty; or the few */
};

/* The members' bytes must live as long as the program. */
struct text_set *text_set_new(struct expr *expr, const struct text *members, uint32_t n);
/* Whether the text, which is not null, is a member. */
bool text_set_has(const struct text_set *set, const struct text *text);
