// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Integers to decimal text, fast. */

#include <stdint.h>

enum { DIGITS_MAX = 20 }; /* bytes of the longest: 18446744073709551615, -9223372036854775808 */

/* Writes value's decimal digits, no NUL. Returns the byte after the last one. */
char *digits_put(char *out, uint64_t value);
char *digits_put_signed(char *out, int64_t value);
