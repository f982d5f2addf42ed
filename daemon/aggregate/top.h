// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The most frequent values, by Space-Saving (Metwally, Agrawal, El Abbadi; 2005), in memory of a
 * fixed size. Of each value that it holds it knows a count that is never too low, and by how much
 * it may be too high; a value that it does not hold came at most `least` times.
 *
 *     slots of 2 bytes            entries
 *     [2][.][.][1][.][3]...  ──▶  1: hash, count, error, the value
 *
 * Values are numbers or texts, of which the first TOP_TEXT_MAX bytes are kept. Plain memory without
 * pointers; zeroed is empty. Hashes must be the same on all machines whose sketches are merged. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/field.h"

enum { TOP_TEXT_MAX = 62, TOP_ENTRIES_MAX = 4096 };

struct top_shape {
    uint32_t entries; /* that it counts */
    uint32_t slots;   /* a power of two */
    uint32_t entry_size;
    bool texts;
};

struct top;

struct top_item {
    uint64_t count; /* at least as often as it came */
    uint64_t error; /* and too high by that at most */
    uint64_t number;
    struct text text; /* in the sketch */
};

/* The shape of a sketch that counts so many entries, 1 to TOP_ENTRIES_MAX, of texts or numbers. */
struct top_shape top_shape(uint32_t entries, bool texts);

/* Bytes of a sketch, a multiple of 8. */
size_t top_size(const struct top_shape *shape);

/* Adds a value `weight` times: number or text, as the shape says. hash is that of the whole value.
 */
void top_add(const struct top_shape *shape, struct top *top, uint64_t hash, uint64_t number,
             struct text text, uint64_t weight);

/* Adds what `from` has seen to `into`; both have the same shape. */
void top_merge(const struct top_shape *shape, struct top *into, const struct top *from);

/* The `count` most frequent, in order; returns how many there are. */
uint32_t top_get(const struct top_shape *shape, const struct top *top, struct top_item *items,
                 uint32_t count);
/* How often a value that it does not hold may have come. */
uint64_t top_least(const struct top_shape *shape, const struct top *top);

/* Bytes of the portable form (docs/sketches.md) at most. */
size_t top_portable_max(const struct top_shape *shape);

/* Writes the portable form; returns its bytes. */
size_t top_write(const struct top_shape *shape, const struct top *top, uint8_t *out);

/* Reads a portable form into a zeroed sketch. 0; -EINVAL: it is damaged, or of another shape. */
int top_read(const struct top_shape *shape, const uint8_t *bytes, size_t length,
             struct top *ret_top);
