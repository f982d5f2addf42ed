// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Floating point to decimal text. */

enum { FLOAT_TEXT_MAX = 25 }; /* bytes of the longest: -0.0000012345678901234567 */

/* Writes the shortest digits that read back to the same double: 0.1, -3, 6.02214076e23. Plain from
 * 0.000001 up to 16 digits before the point, else with an exponent: a number without point or
 * exponent is one that fits into 64 bits, where a reader takes it for an integer. value is finite.
 * No NUL; no locale. Returns the byte after the last one. */
char *float_text_put(char *out, double value);
