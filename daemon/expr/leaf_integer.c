// SPDX-License-Identifier: Apache-2.0

/* Integers. A comparison with a constant is one load, one subtraction and one unsigned compare,
 * because check made a range of it. Two fields are first laid side by side as 64 bits each, so that
 * there is a loop per width and one comparing loop, not one for each pair of widths. */

#include "expr/leaf_integer.h"

#include <string.h>

#include "expr/leaf.h"
#include "record/batch.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Both signs and all widths, side by side. */
struct loaded {
    uint64_t bits[BATCH_MAX];
    uint8_t present[BATCH_MAX];
};

ALWAYS_INLINE uint64_t load_bits(const uint8_t *at, enum load load)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (load) {
    case LOAD_U8:
        return *at;
    case LOAD_S8:
        return (uint64_t)(int8_t)*at;
    case LOAD_BOOL:
        return *at != 0;
    case LOAD_U16:
        memcpy(&u16, at, sizeof(u16));
        return u16;
    case LOAD_S16:
        memcpy(&u16, at, sizeof(u16));
        return (uint64_t)(int16_t)u16;
    case LOAD_U32:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    case LOAD_S32:
        memcpy(&u32, at, sizeof(u32));
        return (uint64_t)(int32_t)u32;
    case LOAD_64:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    }
    __builtin_unreachable();
}

ALWAYS_INLINE uint32_t range_loop(const struct term *term, bool wanted,
                                  const struct ringmill_view *views, uint16_t *selection,
                                  uint32_t n, enum load load)
{
    const uint64_t offset = term->left.field.offset;
    const uint64_t end = offset + term->left.field.size;
    const uint64_t lowest = term->lowest;
    const uint64_t span = term->span;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= end;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : leaf_nothing;
        bool match = load_bits(at, load) - lowest <= span;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t leaf_range(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n)
{
    switch (term->left.load) {
    case LOAD_U8:
        return range_loop(term, wanted, views, selection, n, LOAD_U8);
    case LOAD_S8:
        return range_loop(term, wanted, views, selection, n, LOAD_S8);
    case LOAD_U16:
        return range_loop(term, wanted, views, selection, n, LOAD_U16);
    case LOAD_S16:
        return range_loop(term, wanted, views, selection, n, LOAD_S16);
    case LOAD_U32:
        return range_loop(term, wanted, views, selection, n, LOAD_U32);
    case LOAD_S32:
        return range_loop(term, wanted, views, selection, n, LOAD_S32);
    case LOAD_64:
        return range_loop(term, wanted, views, selection, n, LOAD_64);
    case LOAD_BOOL:
        return range_loop(term, wanted, views, selection, n, LOAD_BOOL);
    }
    __builtin_unreachable();
}

ALWAYS_INLINE void column_loop(const struct place *place, const struct ringmill_view *views,
                               const uint16_t *selection, uint32_t n, enum load load,
                               struct loaded *column)
{
    const uint64_t offset = place->field.offset;
    const uint64_t end = offset + place->field.size;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= end;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : leaf_nothing;

        column->bits[k] = load_bits(at, load);
        column->present[k] = present;
    }
}

static void column_load(const struct place *place, const struct ringmill_view *views,
                        const uint16_t *selection, uint32_t n, struct loaded *column)
{
    switch (place->load) {
    case LOAD_U8:
        return column_loop(place, views, selection, n, LOAD_U8, column);
    case LOAD_S8:
        return column_loop(place, views, selection, n, LOAD_S8, column);
    case LOAD_U16:
        return column_loop(place, views, selection, n, LOAD_U16, column);
    case LOAD_S16:
        return column_loop(place, views, selection, n, LOAD_S16, column);
    case LOAD_U32:
        return column_loop(place, views, selection, n, LOAD_U32, column);
    case LOAD_S32:
        return column_loop(place, views, selection, n, LOAD_S32, column);
    case LOAD_64:
        return column_loop(place, views, selection, n, LOAD_64, column);
    case LOAD_BOOL:
        return column_loop(place, views, selection, n, LOAD_BOOL, column);
    }
}

/* Equal bits are equal values unless one side is signed, the other is not, and the top bit is set;
 * values order as their bits do once the sign is an upper word of its own. Both are said by 128-bit
 * arithmetic, which compiles to two instructions and no jump. */
ALWAYS_INLINE uint32_t fields_loop(const struct term *term, bool wanted,
                                   const struct ringmill_view *views, uint16_t *selection,
                                   uint32_t n, bool less)
{
    struct loaded left, right;
    const bool inverted = term->inverted;
    const uint64_t left_sign = term->left.field.is_signed;
    const uint64_t right_sign = term->right.field.is_signed;
    uint32_t kept = 0;

    column_load(&term->left, views, selection, n, &left);
    column_load(&term->right, views, selection, n, &right);
    for (uint32_t k = 0; k < n; k++) {
        uint64_t a = left.bits[k], b = right.bits[k];
        __int128 x = (__int128)a - ((__int128)(a >> 63 & left_sign) << 64);
        __int128 y = (__int128)b - ((__int128)(b >> 63 & right_sign) << 64);
        bool match = less ? x < y : x == y;

        selection[kept] = selection[k];
        kept += (left.present[k] & right.present[k] & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t leaf_integers(const struct term *term, bool wanted, const struct ringmill_view *views,
                       uint16_t *selection, uint32_t n)
{
    if (term->kind == TERM_LESS)
        return fields_loop(term, wanted, views, selection, n, true);
    return fields_loop(term, wanted, views, selection, n, false);
}
