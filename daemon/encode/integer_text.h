// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Integers to decimal text, fast. */

#include <stdint.h>

enum {
    INTEGER_TEXT_MAX = 20
}; /* bytes of the longest: 18446744073709551615, -9223372036854775808 */

/* Writes value as decimal digits, no NUL. Returns the byte after the last one. */
char *integer_text_put(char *out, uint64_t value);
/* As integer_text_put(), with a - before a negative value. */
char *integer_text_put_signed(char *out, int64_t value);
