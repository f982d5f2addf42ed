// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Columns count characters, limits count bytes: the two steps between them, for text that is known
 * to be valid UTF-8. */

#include <stdbool.h>
#include <stddef.h>

/* Whether the byte goes on with a character that an earlier byte began. */
static inline bool utf8_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static inline size_t utf8_count(const char *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += !utf8_continues(bytes[i]);
    return count;
}

/* The most bytes, up to length, that end with a whole character. bytes[length] must be readable. */
static inline size_t utf8_cut(const char *bytes, size_t length)
{
    while (length > 0 && utf8_continues(bytes[length]))
        length--;
    return length;
}
