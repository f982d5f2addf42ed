// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Texts to values, exactly: nothing is rounded, nothing wraps around, and the whole text must be
 * the value. All return 0, -EINVAL (written differently) or -ERANGE (written well, but beyond the
 * largest value); outputs stay untouched on failure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCALAR_TEXT_MAX = 32 }; /* bytes that any formatted value fits in, with the NUL */

/* true, false */
int scalar_bool(const char *text, bool *ret);

/* 42, -42, +42, 0x2a, -0x2a; INT64_MIN to INT64_MAX. No octal: 010 is ten. */
int scalar_integer(const char *text, int64_t *ret);

/* 512, 512B, 64KiB, 8 MiB, 1GiB; bytes, 0 to INT64_MAX. */
int scalar_size(const char *text, uint64_t *ret);

/* 0, 500ns, 10us, 100 ms, 5s, 10min, 2h; nanoseconds, 0 to INT64_MAX (292 years). Only 0 goes
 * without a unit. */
int scalar_duration(const char *text, uint64_t *ret);

/* So many in so much time. */
struct scalar_rate {
    uint64_t count;
    uint64_t per; /* nanoseconds; 0 in a zeroed one: no rate */
};

/* 100/s, 30/min (or 30/m), 5/h; a count from 0 to INT64_MAX. */
int scalar_rate(const char *text, struct scalar_rate *ret);

/* The shortest exact way of writing a value, in its largest unit: "8MiB", "1500B", "90s", "0". */
void scalar_format_size(uint64_t bytes, char text[static SCALAR_TEXT_MAX]);
/* As scalar_format_size(), for a duration. */
void scalar_format_duration(uint64_t nanoseconds, char text[static SCALAR_TEXT_MAX]);
