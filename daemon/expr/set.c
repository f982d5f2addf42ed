// SPDX-License-Identifier: Apache-2.0

/* Not base/hash_index.h: open addressing at a quarter full, with the members in the slots, so that
 * a look-up of what is not there, which is the common case, reads one slot and nothing else.
 * Integers take no stored hash and no flag: one pattern that is not a member marks the empty slots.
 * Slots after the last one take what would wrap around, so a probe never does. */

#include "expr/set.h"

#include <string.h>
#include <xxhash.h>

/* 2 to the power of this are four slots for each of n. */
static uint32_t bits_for(uint32_t n)
{
    uint32_t bits = 2;

    while ((UINT64_C(1) << bits) < 4 * (uint64_t)n)
        bits++;
    return bits;
}

static bool is_member(const uint64_t *members, uint32_t n, uint64_t bits)
{
    for (uint32_t i = 0; i < n; i++) {
        if (members[i] == bits)
            return true;
    }
    return false;
}

struct integer_set *integer_set_new(struct expr *expr, const uint64_t *members, uint32_t n)
{
    uint32_t bits = bits_for(n);
    size_t n_slots = n <= SET_FEW ? SET_FEW : ((size_t)1 << bits) + n + 1;
    struct integer_set *set = program_keep(expr, sizeof(*set), NULL);
    uint64_t *slots = program_keep(expr, n_slots * sizeof(*slots), NULL);

    if (!set || !slots)
        return NULL;
    set->slots = slots;
    set->shift = 64 - bits;
    if (n <= SET_FEW) { /* the first one again and again fills them up */
        set->n = n;
        for (uint32_t i = 0; i < SET_FEW; i++)
            slots[i] = members[i < n ? i : 0];
        return set;
    }
    while (is_member(members, n, set->empty))
        set->empty++;
    for (size_t i = 0; i < n_slots; i++)
        slots[i] = set->empty;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = members[i] * UINT64_C(0x9e3779b97f4a7c15) >> set->shift;

        while (slots[at] != set->empty && slots[at] != members[i])
            at++;
        slots[at] = members[i];
    }
    return set;
}

struct interval_set *interval_set_new(struct expr *expr, const struct interval *intervals,
                                      uint32_t n)
{
    struct interval_set *set = program_keep(expr, sizeof(*set) + n * sizeof(*intervals), NULL);

    if (!set)
        return NULL;
    set->n = n;
    memcpy(set->intervals, intervals, n * sizeof(*intervals));
    return set;
}

struct bit_set *bit_set_new(struct expr *expr, const struct interval *intervals, uint32_t n)
{
    uint64_t span = intervals[n - 1].highest - intervals[0].lowest;
    struct bit_set *set = program_keep(expr, sizeof(*set) + (span / 64 + 1) * 8, NULL);

    if (!set)
        return NULL;
    set->lowest = intervals[0].lowest;
    set->span = span;
    for (uint32_t i = 0; i < n; i++) {
        for (uint64_t key = intervals[i].lowest;; key++) {
            uint64_t bit = key - set->lowest;

            set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
            if (key == intervals[i].highest)
                break;
        }
    }
    return set;
}

static bool texts_equal(const struct text *left, const struct text *right)
{
    return left->length == right->length && memcmp(left->bytes, right->bytes, left->length) == 0;
}

static uint32_t text_slot(const struct text_set *set, const struct text *text)
{
    return (uint32_t)XXH3_64bits(text->bytes, text->length) & set->mask;
}

struct text_set *text_set_new(struct expr *expr, const struct text *members, uint32_t n)
{
    uint32_t n_slots = n <= SET_FEW ? SET_FEW : UINT32_C(1) << bits_for(n);
    struct text_set *set = program_keep(expr, sizeof(*set), NULL);
    struct text *slots = program_keep(expr, n_slots * sizeof(*slots), NULL);

    if (!set || !slots)
        return NULL;
    set->slots = slots;
    set->n = n <= SET_FEW ? n : 0;
    set->mask = n_slots - 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = set->n ? i : text_slot(set, &members[i]);

        while (!set->n && slots[at].bytes && !texts_equal(&slots[at], &members[i]))
            at = (at + 1) & set->mask;
        slots[at] = members[i];
        set->longest = members[i].length > set->longest ? members[i].length : set->longest;
    }
    return set;
}

bool text_set_has(const struct text_set *set, const struct text *text)
{
    if (text->length > set->longest)
        return false;
    for (uint32_t i = 0; i < set->n; i++) {
        if (texts_equal(&set->slots[i], text))
            return true;
    }
    if (set->n)
        return false;
    for (uint32_t at = text_slot(set, text); set->slots[at].bytes; at = (at + 1) & set->mask) {
        if (texts_equal(&set->slots[at], text))
            return true;
    }
    return false;
}
