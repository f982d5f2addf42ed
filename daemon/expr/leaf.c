// SPDX-License-Identifier: Apache-2.0
/* The loops. What differs by width, sign or kind is decided before a loop begins: each switch
 * below picks one copy of an inlined loop whose body has no decision left but the record's own.
 * Keeping is branch-free: every index is written, and the place to write moves on if it is kept.
 *
 *     keep = (present & (matches ^ inverted)) == wanted
 *
 * A field that is not inside the sample is read from `nothing` instead, so that a short sample
 * costs a conditional move and not a jump. */

#include "expr/leaf.h"

#include <string.h>

#include "record/batch.h"
#include "record/field.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static const uint8_t nothing[16];

/* Both signs and all widths, side by side. */
struct column {
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
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : nothing;
        bool match = load_bits(at, load) - lowest <= span;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

static uint32_t select_range(const struct term *term, bool wanted,
                             const struct ringmill_view *views, uint16_t *selection, uint32_t n)
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
                               struct column *column)
{
    const uint64_t offset = place->field.offset;
    const uint64_t end = offset + place->field.size;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= end;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : nothing;

        column->bits[k] = load_bits(at, load);
        column->present[k] = present;
    }
}

static void column_load(const struct place *place, const struct ringmill_view *views,
                        const uint16_t *selection, uint32_t n, struct column *column)
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
    struct column left, right;
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

/* The element of a list, or the whole of another text; bytes is NULL for null. */
ALWAYS_INLINE struct text place_text(const struct place *place, const struct ringmill_view *view,
                                     enum field_kind kind)
{
    struct text text = field_text(&place->field, view);
    struct text piece = text;

    if (kind != FIELD_TEXTS)
        return text;
    for (uint32_t i = 0; i <= place->index; i++) {
        if (!text_next(&text, &piece))
            return (struct text){0};
    }
    return piece;
}

/* Lengths first; bytes of both must not be NULL. */
ALWAYS_INLINE bool texts_equal(const struct text *left, const struct text *right)
{
    return left->length == right->length && memcmp(left->bytes, right->bytes, left->length) == 0;
}

ALWAYS_INLINE uint32_t text_loop(const struct term *term, bool wanted,
                                 const struct ringmill_view *views, uint16_t *selection, uint32_t n,
                                 enum field_kind kind)
{
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        struct text text = place_text(&term->left, &views[selection[k]], kind);
        bool present = text.bytes != NULL;
        bool match = present && term->text.bytes && texts_equal(&text, &term->text);

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

/* A FIELD_TEXT that ends at a NUL or at its place's end; seldom worth looking for, because most
 * differ in length or in their first bytes. A list's text is the same place with its NULs. */
static uint32_t select_placed(const struct term *term, bool wanted,
                              const struct ringmill_view *views, uint16_t *selection, uint32_t n)
{
    struct field place = term->left.field;
    const bool inverted = term->inverted;
    const struct text text = term->text;
    uint32_t kept = 0;

    place.kind = FIELD_TEXTS;
    for (uint32_t k = 0; k < n; k++) {
        struct text whole = field_text(&place, &views[selection[k]]);
        bool present = whole.bytes != NULL;
        bool match = present && text.bytes && whole.length >= text.length &&
                     (whole.length == text.length || whole.bytes[text.length] == 0) &&
                     memcmp(whole.bytes, text.bytes, text.length) == 0;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

static uint32_t select_text(const struct term *term, bool wanted, const struct ringmill_view *views,
                            uint16_t *selection, uint32_t n)
{
    switch (term->left.field.kind) {
    case FIELD_CHARS:
        return text_loop(term, wanted, views, selection, n, FIELD_CHARS);
    case FIELD_TEXTS:
        return text_loop(term, wanted, views, selection, n, FIELD_TEXTS);
    default:
        return select_placed(term, wanted, views, selection, n);
    }
}

/* char[8] to char[16]: all bytes up to the constant's NUL, in two loads that may overlap. */
static uint32_t select_words(const struct term *term, bool wanted,
                             const struct ringmill_view *views, uint16_t *selection, uint32_t n)
{
    const uint64_t offset = term->left.field.offset;
    const uint64_t size = term->left.field.size;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= offset + size;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : nothing;
        uint64_t first, last;
        bool match;

        memcpy(&first, at, 8);
        memcpy(&last, at + size - 8, 8);
        match = (((first ^ term->words[0]) & term->masks[0]) |
                 ((last ^ term->words[1]) & term->masks[1])) == 0;
        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

/* Two texts; what they cost is in comparing bytes, so their kinds are told apart per record. */
static uint32_t select_texts(const struct term *term, bool wanted,
                             const struct ringmill_view *views, uint16_t *selection, uint32_t n)
{
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        struct text left = place_text(&term->left, view, term->left.field.kind);
        struct text right = place_text(&term->right, view, term->right.field.kind);
        bool present = left.bytes && right.bytes;
        bool match = present && texts_equal(&left, &right);

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t leaf_select(const struct term *term, bool wanted, const struct ringmill_view *views,
                     uint16_t *selection, uint32_t n)
{
    switch (term->kind) {
    case TERM_RANGE:
        return select_range(term, wanted, views, selection, n);
    case TERM_EQUAL:
        return fields_loop(term, wanted, views, selection, n, false);
    case TERM_LESS:
        return fields_loop(term, wanted, views, selection, n, true);
    case TERM_TEXT:
        return select_text(term, wanted, views, selection, n);
    case TERM_TEXT_WORDS:
        return select_words(term, wanted, views, selection, n);
    case TERM_TEXTS:
        return select_texts(term, wanted, views, selection, n);
    case TERM_FALSE:
    case TERM_ALL:
    case TERM_ANY:
        break;
    }
    __builtin_unreachable();
}
