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

/* error: above 0 and below 0.5. */
struct quantile_shape quantile_shape(double error, uint32_t bins, bool both);
size_t quantile_size(const struct quantile_shape *shape); /* a multiple of 8 */

/* The bin of a value, to be fetched ahead and handed on to quantile_add(). */
int32_t quantile_bin(const struct quantile_shape *shape, double value);
void quantile_prefetch(const struct quantile_shape *shape, const struct quantile *quantile,
                       double value, int32_t bin);
/* value is not a NaN. */
void quantile_add(const struct quantile_shape *shape, struct quantile *quantile, double value,
                  int32_t bin, uint64_t weight);
void quantile_merge(const struct quantile_shape *shape, struct quantile *into,
                    const struct quantile *from);

/* The value below which the share q (0 to 1) of all lies. False: there are none, or it is unknown.
 */
bool quantile_get(const struct quantile_shape *shape, const struct quantile *quantile, double q,
                  double *ret_value);
/* A bin is at its limit, so that the place of a value in the sorted list is not known. */
bool quantile_saturated(const struct quantile_shape *shape, const struct quantile *quantile);
uint64_t quantile_count(const struct quantile *quantile);

/* The portable form, see docs/sketches.md: bytes of it at most; writing, which returns the
 * bytes; reading into a zeroed sketch, -EINVAL when it is damaged or of another shape. */
size_t quantile_portable_max(const struct quantile_shape *shape);
size_t quantile_write(const struct quantile_shape *shape, const struct quantile *quantile,
                      uint8_t *out);
int quantile_read(const struct quantile_shape *shape, const uint8_t *bytes, size_t length,
                  struct quantile *ret_quantile);
