// SPDX-License-Identifier: Apache-2.0

/* The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017):
 * good from the first value on, without tables of corrections and without a border between two
 * formulas where the error peaks. */

#include "aggregate/distinct.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aggregate/portable.h"

enum { PORTABLE_VERSION = 1 };

double distinct_error(uint32_t bits)
{
    return 1.04 / sqrt((double)(UINT32_C(1) << bits));
}

uint32_t distinct_bits(double error)
{
    uint32_t bits = DISTINCT_BITS_MIN;

    while (bits < DISTINCT_BITS_MAX && distinct_error(bits) > error)
        bits++;
    return bits;
}

void distinct_merge(uint8_t *into, const uint8_t *from, uint32_t bits)
{
    for (uint32_t i = 0; i < UINT32_C(1) << bits; i++)
        into[i] = from[i] > into[i] ? from[i] : into[i];
}

/* The share that registers of rank 0 add. */
static double sigma(double x)
{
    double y = 1, z = x, before;

    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

/* And those of the highest rank. */
static double tau(double x)
{
    double y = 1, z = 1 - x, before;

    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

double distinct_get(const uint8_t *registers, uint32_t bits)
{
    uint32_t count = UINT32_C(1) << bits, top = 64 - bits + 1;
    uint32_t ranks[66] = {0};
    double z;

    for (uint32_t i = 0; i < count; i++)
        ranks[registers[i] < top ? registers[i] : top]++;
    if (ranks[0] == count)
        return 0;
    z = count * tau(1 - (double)ranks[top] / count);
    for (uint32_t rank = top - 1; rank >= 1; rank--)
        z = 0.5 * (z + ranks[rank]);
    z += count * sigma((double)ranks[0] / count);
    return (double)count * count / (2 * log(2) * z);
}

/* ---- the portable form ----------------------------------------------------------------------- */

size_t distinct_portable_max(uint32_t bits)
{
    return PORTABLE_HEAD + 1 + ((size_t)1 << bits);
}

size_t distinct_write(const uint8_t *registers, uint32_t bits, uint8_t *out)
{
    uint8_t *at = portable_head(out, 'D', PORTABLE_VERSION);

    at = portable_put(at, bits);
    memcpy(at, registers, (size_t)1 << bits);
    return (size_t)(at - out) + ((size_t)1 << bits);
}

int distinct_read(uint32_t bits, const uint8_t *bytes, size_t length, uint8_t *ret_registers)
{
    struct portable from = portable_open(bytes, length, 'D', PORTABLE_VERSION);
    const uint8_t *registers;

    if (portable_take(&from) != bits)
        return -EINVAL;
    registers = portable_take_bytes(&from, (size_t)1 << bits);
    if (!registers || !portable_whole(&from))
        return -EINVAL;
    memcpy(ret_registers, registers, (size_t)1 << bits);
    return 0;
}
