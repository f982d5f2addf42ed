// SPDX-License-Identifier: Apache-2.0

/* Texts. Lengths come first, bytes after; and where the constant allows, not even the length: a
 * short char array is two words, and a placed text's end is looked at where it would have to be. */

#include "expr/operand_load.h"
#include "expr/predicate.h"

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

/* All of a FIELD_TEXT's place, with NULs it may hold; bytes is NULL for null. */
ALWAYS_INLINE struct text load_place(const struct ringmill_view *view, uint64_t offset)
{
    struct {
        uint16_t offset;
        uint16_t length;
    } place;

    if (view->length < offset + sizeof(place))
        return (struct text){0};
    memcpy(&place, (const char *)view->data + offset, sizeof(place));
    if ((uint32_t)place.offset + place.length > view->length)
        return (struct text){0};
    return (struct text){(const char *)view->data + place.offset, place.length};
}

/* A FIELD_TEXT that ends at a NUL or at its place's end; seldom worth looking for, because most
 * differ in length or in their first bytes. */
static uint32_t placed_loop(const struct term *term, const struct run *run, bool wanted,
                            uint16_t *selection, uint32_t n)
{
    const struct ringmill_view *views = run->batch->views;
    const uint64_t offset = term->left.field.offset;
    const bool inverted = term->inverted;
    const struct text text = term->text;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        struct text whole = load_place(&views[selection[k]], offset);
        bool present = whole.bytes != NULL;
        bool match = present && text.bytes && whole.length >= text.length &&
                     (whole.length == text.length || whole.bytes[text.length] == 0) &&
                     memcmp(whole.bytes, text.bytes, text.length) == 0;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_text(const struct term *term, const struct run *run, bool wanted,
                        uint16_t *selection, uint32_t n)
{
    if (term->left.field.kind == FIELD_TEXT)
        return placed_loop(term, run, wanted, selection, n);
    return text_loop(term, run, wanted, selection, n);
}

/* `width` bytes, zero-extended. */
ALWAYS_INLINE uint64_t load_word(const char *at, uint32_t width)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;

    switch (width) {
    case 8:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    case 4:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    case 2:
        memcpy(&u16, at, sizeof(u16));
        return u16;
    default:
        return (uint8_t)*at;
    }
}

/* What there is of a text, up to where it may end at the latest. */
ALWAYS_INLINE struct text load_extent(const struct ringmill_view *view, const struct place *place,
                                      bool placed)
{
    const uint32_t offset = place->field.offset;

    if (placed)
        return load_place(view, offset);
    if (view->length < offset)
        return (struct text){0};
    return (struct text){(const char *)view->data + offset, field_extent(&place->field, view)};
}

/* The text's end need not be found: no prefix holds a NUL. The prefix's first and last word, which
 * may overlap, are all of it up to 16 bytes; seldom is there more to compare. */
ALWAYS_INLINE uint32_t prefix_loop(const struct term *term, const struct run *run, bool wanted,
                                   uint16_t *selection, uint32_t n, bool placed, uint32_t width)
{
    const struct ringmill_view *views = run->batch->views;
    const struct place place = term->left;
    const struct text prefix = term->text;
    const uint32_t last = prefix.length - width;
    const uint64_t words[2] = {load_word(prefix.bytes, width),
                               load_word(prefix.bytes + last, width)};
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        struct text text = load_extent(&views[selection[k]], &place, placed);
        bool fits = text.length >= prefix.length;
        const char *at = fits ? text.bytes : prefix.bytes;
        bool match =
            fits &
            (((load_word(at, width) ^ words[0]) | (load_word(at + last, width) ^ words[1])) == 0);

        if (last > width && match)
            match = memcmp(at, prefix.bytes, prefix.length) == 0;
        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}

ALWAYS_INLINE uint32_t prefix_by_width(const struct term *term, const struct run *run, bool wanted,
                                       uint16_t *selection, uint32_t n, bool placed)
{
    if (term->text.length >= 8)
        return prefix_loop(term, run, wanted, selection, n, placed, 8);
    if (term->text.length >= 4)
        return prefix_loop(term, run, wanted, selection, n, placed, 4);
    if (term->text.length >= 2)
        return prefix_loop(term, run, wanted, selection, n, placed, 2);
    return prefix_loop(term, run, wanted, selection, n, placed, 1);
}

uint32_t predicate_prefix(const struct term *term, const struct run *run, bool wanted,
                          uint16_t *selection, uint32_t n)
{
    if (term->left.field.kind == FIELD_TEXT)
        return prefix_by_width(term, run, wanted, selection, n, true);
    return prefix_by_width(term, run, wanted, selection, n, false);
}

/* char[8] to char[16]: all bytes up to the constant's NUL, in two loads that may overlap. */
uint32_t predicate_words(const struct term *term, const struct run *run, bool wanted,
                         uint16_t *selection, uint32_t n)
{
    const struct ringmill_view *views = run->batch->views;
    const uint64_t offset = term->left.field.offset;
    const uint64_t end = offset + term->left.field.size;
    const uint64_t last = term->left.field.size - 8;
    const uint64_t words[2] = {term->words[0], term->words[1]};
    const uint64_t masks[2] = {term->masks[0], term->masks[1]};
    const bool inverted = term->inverted;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct ringmill_view *view = &views[selection[k]];
        char cut[LOAD_CUT_BYTES];
        bool present = view->length > offset;
        const char *at = view->length >= end ? (const char *)view->data + offset
                                             : load_cut(&term->left.field, view, cut);
        bool match = (((load_word(at, 8) ^ words[0]) & masks[0]) |
                      ((load_word(at + last, 8) ^ words[1]) & masks[1])) == 0;

        selection[kept] = selection[k];
        kept += (present & (match ^ inverted)) == wanted;
    }
    return kept;
}

uint32_t predicate_texts(const struct term *term, const struct run *run, bool wanted,
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

uint32_t predicate_present(const struct term *term, const struct run *run, bool wanted,
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

uint32_t predicate_inside(const struct term *term, const struct run *run, bool wanted,
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
