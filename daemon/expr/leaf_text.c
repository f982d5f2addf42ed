// SPDX-License-Identifier: Apache-2.0

/* Texts. Lengths come first, bytes after; and where the constant allows, not even the length: a
 * short char array is two words, and a placed text's end is looked at where it would have to be. */

#include "expr/leaf.h"
#include "expr/load.h"

/* Lengths first; bytes of both must not be NULL. */
ALWAYS_INLINE bool texts_equal(const struct text *left, const struct text *right)
{
    return left->length == right->length && memcmp(left->bytes, right->bytes, left->length) == 0;
}

static uint32_t text_loop(const struct term *term, const struct run *run, bool wanted,
                          uint16_t *selection, uint32_t n)
{
    const struct ringmill_view *views = run->batch->views;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        struct text text = load_text(&term->left, &views[selection[k]]);
        bool present = text.bytes != NULL;
        bool match = present && term->text.bytes && texts_equal(&text, &term->text);

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

/* A FIELD_TEXT that ends at a NUL or at its place's end; seldom worth looking for, because most
 * differ in length or in their first bytes. A list's text is the same place with its NULs. */
static uint32_t placed_loop(const struct term *term, const struct run *run, bool wanted,
                            uint16_t *selection, uint32_t n)
{
    const struct ringmill_view *views = run->batch->views;
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

uint32_t leaf_text(const struct term *term, const struct run *run, bool wanted, uint16_t *selection,
                   uint32_t n)
{
    if (term->left.field.kind == FIELD_TEXT)
        return placed_loop(term, run, wanted, selection, n);
    return text_loop(term, run, wanted, selection, n);
}

/* char[8] to char[16]: all bytes up to the constant's NUL, in two loads that may overlap. */
uint32_t leaf_words(const struct term *term, const struct run *run, bool wanted,
                    uint16_t *selection, uint32_t n)
{
    const struct ringmill_view *views = run->batch->views;
    const uint64_t offset = term->left.field.offset;
    const uint64_t size = term->left.field.size;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        bool present = view->length >= offset + size;
        const uint8_t *at = present ? (const uint8_t *)view->data + offset : load_nothing;
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

uint32_t leaf_texts(const struct term *term, const struct run *run, bool wanted,
                    uint16_t *selection, uint32_t n)
{
    const struct text *left = run->regs[term->a].texts, *right = run->regs[term->b].texts;
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool present = left[k].bytes && right[k].bytes;
        bool match = present && texts_equal(&left[k], &right[k]);

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t leaf_present(const struct term *term, const struct run *run, bool wanted,
                      uint16_t *selection, uint32_t n)
{
    const struct reg *reg = &run->regs[term->a];
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool present = term->b ? reg->texts[k].bytes != NULL : reg->present[k];

        selection[kept] = selection[k];
        kept += present == wanted;
    }
    return kept;
}

uint32_t leaf_inside(const struct term *term, const struct run *run, bool wanted,
                     uint16_t *selection, uint32_t n)
{
    const struct field *field = &term->left.field;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &run->batch->views[selection[k]];
        bool present = field->kind == FIELD_TEXTS ? field_text(field, view).bytes != NULL
                                                  : field_present(field, view);

        selection[kept] = selection[k];
        kept += present == wanted;
    }
    return kept;
}
