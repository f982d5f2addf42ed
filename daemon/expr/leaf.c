// SPDX-License-Identifier: Apache-2.0

/* Which loop is a term's. What differs by kind, width or sign is decided before a loop begins: each
 * switch here and in the two files of loops picks one copy of an inlined loop, whose body has no
 * decision left but the record's own. Keeping is branch-free: every index is written, and the place
 * to write moves on if it is kept.
 *
 *     keep = (present & (matches ^ inverted)) == wanted
 *
 * A field that is not inside the sample is read from `leaf_nothing` instead, so that a short sample
 * costs a conditional move and not a jump. */

#include "expr/leaf.h"

#include "expr/leaf_integer.h"
#include "expr/leaf_text.h"

const uint8_t leaf_nothing[16];

uint32_t leaf_select(const struct term *term, bool wanted, const struct ringmill_view *views,
                     uint16_t *selection, uint32_t n)
{
    switch (term->kind) {
    case TERM_RANGE:
        return leaf_range(term, wanted, views, selection, n);
    case TERM_EQUAL:
    case TERM_LESS:
        return leaf_integers(term, wanted, views, selection, n);
    case TERM_TEXT:
        return leaf_text(term, wanted, views, selection, n);
    case TERM_TEXT_WORDS:
        return leaf_words(term, wanted, views, selection, n);
    case TERM_TEXTS:
        return leaf_texts(term, wanted, views, selection, n);
    case TERM_FALSE:
    case TERM_ALL:
    case TERM_ANY:
        break;
    }
    __builtin_unreachable();
}
