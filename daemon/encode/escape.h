// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A text as the inside of a JSON string: always valid JSON and valid UTF-8, whatever the bytes.
 *
 *     valid UTF-8              as it is
 *     " and \                  \" and \\
 *     U+0000 to U+001F, 7F     \b \f \n \r \t, the others \u00XX
 *     U+0080 to U+009F         \u00XX: to a terminal some are what ESC and a letter are
 *     other codes that are     \uXXXX: separators of lines and marks of direction
 *     not base/printable
 *     any other byte           \\xNN: read back, the four characters \xNN. So are overlong forms,
 *                              surrogates and what lies above U+10FFFF, byte by byte
 *
 * Hex digits are small. The last row is for eyes: a text that holds \xNN itself reads the same. */

#include <stddef.h>

#include "record/field.h"

enum { ESCAPE_GROWTH = 6 }; /* bytes that one byte becomes at most */

/* Writes text, whose bytes are not NULL, to out, and never touches end. Returns the byte after the
 * last one, or NULL when it does not fit (then out is scribbled on). */
char *escape_put(char *out, const char *end, struct text text);
/* As escape_put(), up to the first NUL of text, if it has one. */
char *escape_put_until_nul(char *out, const char *end, struct text text);
/* Writes NUL-terminated texts in a row (the last NUL may be missing) with "," between them. */
char *escape_put_list(char *out, const char *end, struct text text);

/* As escape_put(), for formats that do not escape with backslashes: quotes and backslashes are not
 * changed, and an invalid byte becomes \xNN. The result has no line feed. */
char *escape_put_bare(char *out, const char *end, struct text text);
/* As escape_put_bare(), for the inside of a quoted CSV field: " becomes "". */
char *escape_put_csv(char *out, const char *end, struct text text);

/* Bytes of the valid UTF-8 sequence of several bytes that bytes begin with, 0 for none; left >= 1.
 */
uint32_t escape_sequence(const uint8_t *bytes, uint32_t left);
/* The code of a valid sequence of that length, if it is one of those that are not written as they
 * are; else 0. */
uint32_t escape_control(const uint8_t *bytes, uint32_t length);
