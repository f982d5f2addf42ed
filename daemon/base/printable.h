// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which characters are text and nothing else. A terminal or a reader of lines takes the others for
 * commands: control characters, separators of lines, and marks that turn the direction of text. */

#include <stdbool.h>
#include <stdint.h>

static inline bool printable_code(uint32_t code)
{
    return code >= 0x20 && code - 0x7f >= 0x21 && code != 0x61c && code - 0x200e >= 2 &&
           code - 0x2028 >= 7 && code - 0x2066 >= 4;
}

/* Bytes of the character that begins there; 0: none that is printable, or not valid UTF-8. Reads no
 * further than a NUL. */
uint32_t printable_length(const char *at);

/* Whether that is so of all characters up to the NUL. */
bool printable(const char *text);

/* Whether all of the text is UTF-8, printable or not. */
bool utf8_is_valid(const char *text);

/* Puts ? in place of each byte of the others, but leaves line feeds and tabs: a message may have
 * several lines. */
void printable_make(char *text);
