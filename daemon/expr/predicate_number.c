// SPDX-License-Identifier: Apache-2.0

/* Numbers. Keeping is branch-free: every index is written, and the place to write moves on if it
 * is kept.
 *
 *     keep = (present & (matches ^ inverted)) == wanted
 *
 * A comparison of an integer with a constant is one load, one subtraction and one unsigned compare,
 * because the compiler made a range of it; it reads the sample in place. Everything else compares
 * registers. */

#include "expr/operand_load.h"
#include "expr/predicate.h"

ALWAYS_INLINE uint32_t constant_loop(const struct term *term, const struct run *run, bool wanted,
                                     uint16_t *selection, uint32_t n, enum load load, bool mask)
{
    struct load_source source = load_source_of(&term->left, run, load);
    const uint64_t lowest = term->lowest;
    const uint64_t span = term->span;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool present;
        uint64_t bits = load_integer(&source, load, selection[k], k, &present);
        bool match = mask ? (bits & span) != 0 : bits - lowest <= span;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_range(const struct term *term, const struct run *run, bool wanted,
                         uint16_t *selection, uint32_t n)
{
#define LOOP(load) constant_loop(term, run, wanted, selection, n, load, false)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

uint32_t predicate_mask(const struct term *term, const struct run *run, bool wanted,
                        uint16_t *selection, uint32_t n)
{
#define LOOP(load) constant_loop(term, run, wanted, selection, n, load, true)
    LOAD_EACH(term->left.load, LOOP);
#undef LOOP
}

/* Equal bits are equal values unless one side is signed, the other is not, and the top bit is set;
 * values order as their bits do once the sign is an upper word of its own. Both are said by 128-bit
 * arithmetic, which compiles to two instructions and no jump. */
ALWAYS_INLINE uint32_t integers_loop(const struct term *term, const struct run *run, bool wanted,
                                     uint16_t *selection, uint32_t n, bool less)
{
    const struct reg *left = &run->regs[term->a], *right = &run->regs[term->b];
    const bool inverted = term->inverted;
    const uint64_t left_sign = term->a_signed;
    const uint64_t right_sign = term->b_signed;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        uint64_t a = left->integers[k], b = right->integers[k];
        __int128 x = (__int128)a - ((__int128)(a >> 63 & left_sign) << 64);
        __int128 y = (__int128)b - ((__int128)(b >> 63 & right_sign) << 64);
        bool match = less ? x < y : x == y;

        selection[kept] = selection[k];
        kept += (left->present[k] & right->present[k] & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_integers(const struct term *term, const struct run *run, bool wanted,
                            uint16_t *selection, uint32_t n)
{
    if (term->less)
        return integers_loop(term, run, wanted, selection, n, true);
    return integers_loop(term, run, wanted, selection, n, false);
}

/* A long double holds every integer of 64 bits and every double, so it compares them exactly. */
_Static_assert(__LDBL_MANT_DIG__ >= 64, "integers and floats compare by value");

ALWAYS_INLINE long double number_at(const struct reg *reg, uint32_t k, bool is_float,
                                    bool is_signed)
{
    return is_float    ? (long double)reg->floats[k]
           : is_signed ? (long double)(int64_t)reg->integers[k]
                       : (long double)reg->integers[k];
}

ALWAYS_INLINE uint32_t mixed_loop(const struct term *term, const struct run *run, bool wanted,
                                  uint16_t *selection, uint32_t n, bool both)
{
    const struct reg *left = &run->regs[term->a], *right = &run->regs[term->b];
    const bool inverted = term->inverted, less = term->less;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool match, present = left->present[k] & right->present[k];

        if (both) {
            match = less ? left->floats[k] < right->floats[k] : left->floats[k] == right->floats[k];
        } else {
            long double a = number_at(left, k, term->a_float, term->a_signed);
            long double b = number_at(right, k, term->b_float, term->b_signed);

            match = less ? a < b : a == b;
        }
        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_numbers(const struct term *term, const struct run *run, bool wanted,
                           uint16_t *selection, uint32_t n)
{
    if (term->a_float && term->b_float)
        return mixed_loop(term, run, wanted, selection, n, true);
    return mixed_loop(term, run, wanted, selection, n, false);
}
