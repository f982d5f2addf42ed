// SPDX-License-Identifier: Apache-2.0

/* DDSketch (Masson, Rim, Lee; VLDB 2019). Its logarithm is replaced by a cubic one that is exact at
 * the powers of two and takes a few multiplications: 1 % more bins for the same error, and no call
 * of log() on a record's way.
 *
 * Bins are in a circle, by their number modulo its size, so a sketch whose values drift upwards
 * never moves memory. Outside of low to high all are zero. */

#include "aggregate/quantile.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aggregate/portable.h"

enum { PORTABLE_VERSION = 1, STEPS_MAX = 64 };

#define MANTISSA ((UINT64_C(1) << 52) - 1)

struct store {
    int32_t low, high; /* numbers of the bins in use; meaningless while count is 0 */
    uint64_t count;    /* of all bins */
    uint64_t fallen;   /* what fell together in the lowest bin */
};

struct quantile {
    uint64_t zeroes;
    struct store stores[2]; /* positive, negative */
    uint32_t bins[];        /* of the positive store, then of the negative one */
};

struct quantile_shape quantile_shape(double error, uint32_t bins, bool both)
{
    double gamma = (1 + error) / (1 - error);

    return (struct quantile_shape){
        .error = error, .factor = 7 / (10 * log(gamma)), .bins = bins, .both = both};
}

size_t quantile_size(const struct quantile_shape *shape)
{
    return sizeof(struct quantile) + sizeof(uint32_t) * shape->bins * (shape->both ? 2 : 1);
}

/* ---- the logarithm --------------------------------------------------------------------------- */

static double cubic(double s)
{
    return ((6.0 / 35 * s - 3.0 / 5) * s + 10.0 / 7) * s;
}

/* Below the smallest normal number all counts as zero. */
static bool is_zero(double value)
{
    return fabs(value) < 0x1p-1022;
}

int32_t quantile_bin(const struct quantile_shape *shape, double value)
{
    union {
        double value;
        uint64_t bits;
    } number = {value};
    int32_t exponent = (int32_t)(number.bits >> 52 & 0x7ff) - 1023;
    double scaled;
    int32_t whole;

    number.bits = (number.bits & MANTISSA) | UINT64_C(1023) << 52;
    scaled = shape->factor * (exponent + cubic(number.value - 1));
    whole = (int32_t)scaled;
    return whole - (whole > scaled); /* floor() is a call */
}

/* The smallest value of a bin, by bisection: it is asked for once per quantile. */
static double lower_bound(const struct quantile_shape *shape, int32_t bin)
{
    double place = bin / shape->factor, exponent = floor(place), low = 0, high = 1;

    for (int step = 0; step < STEPS_MAX; step++) {
        double middle = (low + high) / 2;

        *(cubic(middle) <= place - exponent ? &low : &high) = middle;
    }
    return ldexp(1 + low, (int)exponent);
}

/* ---- bins ------------------------------------------------------------------------------------ */

static uint32_t *bin_at(const struct quantile_shape *shape, const struct quantile *quantile,
                        int sign, int32_t bin)
{
    return (uint32_t *)&quantile
        ->bins[(size_t)sign * shape->bins + ((uint32_t)bin & (shape->bins - 1))];
}

static void count_up(uint32_t *bin, uint64_t weight)
{
    *bin = weight > UINT32_MAX - *bin ? UINT32_MAX : *bin + (uint32_t)weight;
}

/* Bins below `low` fall together in it. */
static void raise_low(const struct quantile_shape *shape, struct quantile *quantile, int sign,
                      int32_t low)
{
    struct store *store = &quantile->stores[sign];
    int32_t end = store->high < low ? store->high + 1 : low;
    uint64_t fallen = 0;

    for (int32_t bin = store->low; bin < end; bin++) {
        uint32_t *at = bin_at(shape, quantile, sign, bin);

        fallen += *at;
        *at = 0;
    }
    /* what had fallen before is in the lowest bin and is part of the sum */
    store->fallen = fallen;
    store->low = low;
    if (store->high < low)
        store->high = low;
    count_up(bin_at(shape, quantile, sign, low), fallen);
}

static void bin_add(const struct quantile_shape *shape, struct quantile *quantile, int sign,
                    int32_t bin, uint64_t weight)
{
    struct store *store = &quantile->stores[sign];

    if (store->count == 0)
        store->low = store->high = bin;
    if (bin > store->high) {
        if ((int64_t)bin - store->low >= shape->bins)
            raise_low(shape, quantile, sign, bin - (int32_t)shape->bins + 1);
        store->high = bin;
    } else if (bin < store->low) {
        int32_t reach = store->high - (int32_t)shape->bins + 1;

        if (bin < reach || store->fallen > 0) {
            if (store->fallen == 0 && store->low > reach)
                store->low = reach;
            bin = store->low;
            store->fallen += weight;
        } else {
            store->low = bin;
        }
    }
    store->count += weight;
    count_up(bin_at(shape, quantile, sign, bin), weight);
}

void quantile_prefetch(const struct quantile_shape *shape, const struct quantile *quantile,
                       double value, int32_t bin)
{
    __builtin_prefetch(bin_at(shape, quantile, value < 0 && shape->both, bin), 1);
}

void quantile_add(const struct quantile_shape *shape, struct quantile *quantile, double value,
                  int32_t bin, uint64_t weight)
{
    if (is_zero(value) || (value < 0 && !shape->both))
        quantile->zeroes += weight;
    else
        bin_add(shape, quantile, value < 0, bin, weight);
}

void quantile_merge(const struct quantile_shape *shape, struct quantile *into,
                    const struct quantile *from)
{
    into->zeroes += from->zeroes;
    for (int sign = 0; sign <= shape->both; sign++) {
        const struct store *store = &from->stores[sign];

        if (store->count == 0)
            continue;
        /* from above, so that what is too low for the bins is known to be when it comes */
        for (int32_t bin = store->high; bin >= store->low; bin--) {
            uint32_t count = *bin_at(shape, from, sign, bin);

            if (count > 0)
                bin_add(shape, into, sign, bin, count);
        }
        if (store->fallen > 0) {
            /* it lies at or below that bin, nobody knows where */
            struct store *own = &into->stores[sign];

            if (own->low < store->low)
                raise_low(shape, into, sign, store->low);
            own->fallen = *bin_at(shape, into, sign, own->low);
        }
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

uint64_t quantile_count(const struct quantile *quantile)
{
    return quantile->zeroes + quantile->stores[0].count + quantile->stores[1].count;
}

bool quantile_saturated(const struct quantile_shape *shape, const struct quantile *quantile)
{
    size_t bins = (size_t)shape->bins * (shape->both ? 2 : 1);

    if (quantile_count(quantile) < UINT32_MAX)
        return false;
    for (size_t i = 0; i < bins; i++)
        if (quantile->bins[i] == UINT32_MAX)
            return true;
    return false;
}

/* Walks bins from the smallest value up. */
static bool find_positive(const struct quantile_shape *shape, const struct quantile *quantile,
                          double rank, double *ret_value)
{
    const struct store *store = &quantile->stores[0];
    double seen = 0;

    if (rank < (double)store->fallen)
        return false;
    for (int32_t bin = store->low; bin <= store->high; bin++) {
        seen += *bin_at(shape, quantile, 0, bin);
        if (seen > rank || bin == store->high) {
            *ret_value = lower_bound(shape, bin) * (1 + shape->error);
            return true;
        }
    }
    return false;
}

static bool find_negative(const struct quantile_shape *shape, const struct quantile *quantile,
                          double rank, double *ret_value)
{
    const struct store *store = &quantile->stores[1];
    double seen = 0;

    if (rank >= (double)(store->count - store->fallen))
        return false;
    for (int32_t bin = store->high; bin >= store->low; bin--) {
        seen += *bin_at(shape, quantile, 1, bin);
        if (seen > rank) {
            *ret_value = -lower_bound(shape, bin) * (1 + shape->error);
            return true;
        }
    }
    return false;
}

bool quantile_get(const struct quantile_shape *shape, const struct quantile *quantile, double q,
                  double *ret_value)
{
    uint64_t count = quantile_count(quantile), negative = quantile->stores[1].count;
    double rank = floor(q * (double)(count - 1));

    if (count == 0)
        return false;
    if (rank < (double)negative)
        return find_negative(shape, quantile, rank, ret_value);
    rank -= (double)negative;
    if (rank >= (double)quantile->zeroes)
        return find_positive(shape, quantile, rank - (double)quantile->zeroes, ret_value);
    *ret_value = 0;
    return true;
}

/* ---- the portable form ----------------------------------------------------------------------- */

size_t quantile_portable_max(const struct quantile_shape *shape)
{
    return 16 + 9 + 2 * (2 * 9 + 9) + (size_t)shape->bins * 5 * (shape->both ? 2 : 1);
}

size_t quantile_write(const struct quantile_shape *shape, const struct quantile *quantile,
                      uint8_t *out)
{
    uint8_t *at = portable_head(out, 'Q', PORTABLE_VERSION);

    at = portable_put_float(at, shape->error);
    at = portable_put(at, shape->bins);
    at = portable_put(at, shape->both);
    at = portable_put(at, quantile->zeroes);
    for (int sign = 0; sign <= shape->both; sign++) {
        const struct store *store = &quantile->stores[sign];

        at = portable_put(at, store->count);
        if (store->count == 0)
            continue;
        at = portable_put(at, store->fallen);
        at = portable_put_signed(at, store->low);
        at = portable_put(at, (uint64_t)((int64_t)store->high - store->low));
        for (int32_t bin = store->low; bin <= store->high; bin++)
            at = portable_put(at, *bin_at(shape, quantile, sign, bin));
    }
    return (size_t)(at - out);
}

static void read_store(const struct quantile_shape *shape, struct portable *from, int sign,
                       struct quantile *quantile)
{
    struct store *store = &quantile->stores[sign];
    int64_t low;
    uint64_t span;

    store->count = portable_take(from);
    if (store->count == 0)
        return;
    store->fallen = portable_take(from);
    low = portable_take_signed(from);
    span = portable_take(from);
    if (span >= shape->bins || low < -(1 << 24) || low > 1 << 24) {
        from->damaged = true;
        return;
    }
    store->low = (int32_t)low;
    store->high = (int32_t)(low + (int64_t)span);
    for (int32_t bin = store->low; bin <= store->high; bin++) {
        uint64_t count = portable_take(from);

        from->damaged |= count > UINT32_MAX;
        *bin_at(shape, quantile, sign, bin) = (uint32_t)count;
    }
}

int quantile_read(const struct quantile_shape *shape, const uint8_t *bytes, size_t length,
                  struct quantile *ret_quantile)
{
    struct portable from = portable_open(bytes, length, 'Q', PORTABLE_VERSION);

    if (portable_take_float(&from) != shape->error || portable_take(&from) != shape->bins ||
        portable_take(&from) != shape->both)
        return -EINVAL;
    ret_quantile->zeroes = portable_take(&from);
    for (int sign = 0; sign <= shape->both && !from.damaged; sign++)
        read_store(shape, &from, sign, ret_quantile);
    return portable_whole(&from) ? 0 : -EINVAL;
}
