// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The meaning of a field as a text of a capture: words with spaces between.
 *
 *     ktime                      a meaning, as meaning_name() calls it
 *     text, texts                a FIELD_CHARS that is a FIELD_TEXT or FIELD_TEXTS in place
 *     by=8.4.u  each=8           see struct field; an integer is OFFSET.SIZE.u or .s, and of a
 *                                bitfield .BITS.SHIFT besides
 *     if=0.1.u:2,4               a guard: the tag, and the values; one word for each
 *
 * A text with a word that is not known is read as no meaning, also by older versions. */

#include "record/schema.h"

/* Whether the meaning is more than a name. */
bool capture_meaning_is_long(const struct field *field);
/* The text of such a meaning, which the caller frees; NULL when out of memory. */
char *capture_meaning_write(const struct field *field);

/* Gives the field, which was read without one, the meaning that the text says; NULL: none. What
 * does not fit the field is passed over. 0 or -ENOMEM. */
int capture_meaning_read(struct schema *schema, const char *text, struct field *field);
