// SPDX-License-Identifier: Apache-2.0

/* Texts. Lengths come first, bytes after; and where the constant allows, not even the length: a
 * short char array is two words, and a placed text's end is looked at where it would have to be. */

#include "expr/leaf_text.h"

#include <string.h>

#include "expr/leaf.h"
#include "record/field.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

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

uint32_t leaf_text(const struct term *term, bool wanted, const struct ringmill_view *views,
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
uint32_t leaf_words(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n)
{
    const uint64_t offset = term->left.field.offset;
    const uint64_t size = term->left.field.size;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= offset + size;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : leaf_nothing;
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
uint32_t leaf_texts(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n)
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
