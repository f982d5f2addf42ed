// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How sketches are written for other machines: numbers as LEB128, 7 bits to a byte, lowest first;
 * signed ones in zigzag; floats as 8 bytes, lowest first. docs/sketches.md has the forms.
 *
 * Reading past the end gives zeroes and marks the input as damaged, which is looked at once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PORTABLE_NUMBER_MAX = 10, PORTABLE_HEAD = 4 };

struct portable {
    const uint8_t *at, *end;
    bool damaged;
};

/* The put functions write at `at`, where there is room, and return the end. This one writes "RM",
 * what the form is, and its version: PORTABLE_HEAD bytes. */
uint8_t *portable_head(uint8_t *at, char what, uint8_t version);

/* Writes an unsigned number: PORTABLE_NUMBER_MAX bytes at most. */
uint8_t *portable_put(uint8_t *at, uint64_t value);

/* Writes a signed number: PORTABLE_NUMBER_MAX bytes at most. */
uint8_t *portable_put_signed(uint8_t *at, int64_t value);

/* Writes a float: 8 bytes. */
uint8_t *portable_put_float(uint8_t *at, double value);

/* Begins reading bytes, which are borrowed; damaged if the head is not that of such a form. */
struct portable portable_open(const uint8_t *bytes, size_t length, char what, uint8_t version);

/* Reads an unsigned number. */
uint64_t portable_take(struct portable *from);

/* Reads a signed number. */
int64_t portable_take_signed(struct portable *from);

/* Reads a float. */
double portable_take_float(struct portable *from);

/* So many of the borrowed bytes; NULL, and damaged, when there are fewer. */
const uint8_t *portable_take_bytes(struct portable *from, size_t length);

/* Whether nothing was damaged, and nothing is unread. */
bool portable_whole(const struct portable *from);
