// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Quantiles of positive and negative numbers with a bounded relative error, in memory of a fixed
 * size: a DDSketch. Values fall into bins whose borders grow by a constant ratio, so that any value
 * of a bin is within the error of the one that stands for it.
 *
 *     negative bins [..]   zero   positive bins [..]
 *
 * Bins are kept for the largest magnitudes: what is smaller than the largest by more than the bins
 * reach falls together, and a quantile that lies there is unknown. Two sketches of one shape merge
 * without any further error. A sketch is plain memory without pointers; zeroed is empty. A bin
 * counts up to UINT32_MAX and then stays there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUANTILE_BINS_MIN = 64, QUANTILE_BINS_MAX = 8192 }; /* powers of two */

struct quantile_shape {
    double error;  /* relative: 0.01 is 1 % */
    double factor; /* bins per octave */
    uint32_t bins; /* of one sign, a power of two */
    bool both;     /* there are negative values, too */
};

struct quantile;

/* The shape of a sketch. error: relative, above 0 and below 0.5; bins: a power of two. */
struct quantile_shape quantile_shape(double error, uint32_t bins, bool both);

/* Bytes of a sketch, a multiple of 8. */
size_t quantile_size(const struct quantile_shape *shape);

/* The bin of a value, to be fetched ahead and handed on to quantile_add(). */
int32_t quantile_bin(const struct quantile_shape *shape, double value);

/* Fetches ahead what quantile_add() will write for the value. */
void quantile_prefetch(const struct quantile_shape *shape, const struct quantile *quantile,
                       double value, int32_t bin);

/* Adds a value, which is not NaN, `weight` times; bin is that of quantile_bin(). */
void quantile_add(const struct quantile_shape *shape, struct quantile *quantile, double value,
                  int32_t bin, uint64_t weight);

/* Adds what `from` has seen to `into`; both have the same shape. */
void quantile_merge(const struct quantile_shape *shape, struct quantile *into,
                    const struct quantile *from);

/* The value below which the share q (0 to 1) of all lies. False: there are none, or it is unknown.
 */
bool quantile_get(const struct quantile_shape *shape, const struct quantile *quantile, double q,
                  double *ret_value);
/* A bin is at its limit, so that the place of a value in the sorted list is not known. */
bool quantile_saturated(const struct quantile_shape *shape, const struct quantile *quantile);

/* How many values there are, by weight. */
uint64_t quantile_count(const struct quantile *quantile);

/* Bytes of the portable form (docs/sketches.md) at most. */
size_t quantile_portable_max(const struct quantile_shape *shape);

/* Writes the portable form; returns its bytes. */
size_t quantile_write(const struct quantile_shape *shape, const struct quantile *quantile,
                      uint8_t *out);

/* Reads a portable form into a zeroed sketch. 0; -EINVAL: it is damaged, or of another shape. */
int quantile_read(const struct quantile_shape *shape, const uint8_t *bytes, size_t length,
                  struct quantile *ret_quantile);
