// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Sums, means and standard deviations. Sums of integers are exact in 128 bits, or say that they are
 * not; those of floats carry along what rounding took away (Neumaier). The deviation is computed as
 * values come (Welford, weighted by West), so that it does not vanish in the difference of two
 * large numbers. Zeroed is empty; all of them merge. */

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef __int128 wide __attribute__((aligned(8)));

struct sum {
    wide total;
    uint64_t count;     /* weights of what was added */
    uint64_t saturated; /* 1: the total is at its limit */
};

struct float_sum {
    double total;
    double rest;
    uint64_t count;
};

struct spread {
    double weight;
    double mean;
    double squares; /* weighted, of the distances from the mean */
};

static inline void sum_add_wide(struct sum *sum, wide value)
{
    const wide most = (wide)((unsigned __int128)-1 >> 1);
    wide total;

    if (__builtin_add_overflow(sum->total, value, &total)) {
        total = value < 0 ? -most - 1 : most;
        sum->saturated = 1;
    }
    sum->total = total;
}

static inline void sum_add(struct sum *sum, wide value, uint64_t weight)
{
    wide product;

    if (__builtin_mul_overflow(value, (wide)weight, &product)) {
        const wide most = (wide)((unsigned __int128)-1 >> 1);

        product = value < 0 ? -most - 1 : most;
        sum->saturated = 1;
    }
    sum_add_wide(sum, product);
    sum->count += weight;
}

static inline void sum_merge(struct sum *into, const struct sum *from)
{
    sum_add_wide(into, from->total);
    into->count += from->count;
    into->saturated |= from->saturated;
}

static inline void float_sum_add(struct float_sum *sum, double value, uint64_t weight)
{
    double product = value * (double)weight, total = sum->total + product;

    if (fabs(sum->total) >= fabs(product))
        sum->rest += (sum->total - total) + product;
    else
        sum->rest += (product - total) + sum->total;
    sum->total = total;
    sum->count += weight;
}

static inline double float_sum_get(const struct float_sum *sum)
{
    return isfinite(sum->total) ? sum->total + sum->rest : sum->total;
}

static inline void float_sum_merge(struct float_sum *into, const struct float_sum *from)
{
    float_sum_add(into, from->total, 1);
    into->rest += from->rest;
    into->count += from->count - 1;
}

static inline void spread_add(struct spread *spread, double value, double weight)
{
    double distance = value - spread->mean;

    spread->weight += weight;
    spread->mean += distance * weight / spread->weight;
    spread->squares += weight * distance * (value - spread->mean);
}

static inline void spread_merge(struct spread *into, const struct spread *from)
{
    double distance = from->mean - into->mean, weight = into->weight + from->weight;

    if (from->weight == 0)
        return;
    into->mean += distance * from->weight / weight;
    into->squares += from->squares + distance * distance * into->weight * from->weight / weight;
    into->weight = weight;
}

/* Of the whole, not of a sample of it. */
static inline double spread_deviation(const struct spread *spread)
{
    return sqrt(spread->squares / spread->weight);
}
