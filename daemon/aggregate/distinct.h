// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How many different values there were, about: a HyperLogLog of 2^bits registers of one byte. The
 * standard error is 1.04 / sqrt(2^bits). Zeroed is empty; two of the same bits merge into what one
 * would be that had seen all values. Hashes must be good in all their bits, and the same on all
 * machines whose sketches are merged. */

#include <stddef.h>
#include <stdint.h>

enum { DISTINCT_BITS_MIN = 4, DISTINCT_BITS_MAX = 16 };

/* The fewest bits whose standard error is at most that; DISTINCT_BITS_MAX if none is. */
uint32_t distinct_bits(double error);

/* The standard error of a sketch of so many bits: 0.01 is 1 %. */
double distinct_error(uint32_t bits);

static inline uint8_t *distinct_register(uint8_t *registers, uint32_t bits, uint64_t hash)
{
    return &registers[hash >> (64 - bits)];
}

static inline void distinct_add(uint8_t *registers, uint32_t bits, uint64_t hash)
{
    uint8_t *at = distinct_register(registers, bits, hash);
    uint64_t rest = hash << bits | UINT64_C(1) << (bits - 1); /* so that it ends */
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);

    if (rank > *at)
        *at = rank;
}

/* Makes `into` what it would be had it seen the values of both; both have so many bits. */
void distinct_merge(uint8_t *into, const uint8_t *from, uint32_t bits);

/* The estimated number of different values. */
double distinct_get(const uint8_t *registers, uint32_t bits);

/* Bytes of the portable form (docs/sketches.md) at most. */
size_t distinct_portable_max(uint32_t bits);

/* Writes the portable form; returns its bytes. */
size_t distinct_write(const uint8_t *registers, uint32_t bits, uint8_t *out);

/* Reads a portable form into zeroed registers. 0; -EINVAL: it is damaged, or of other bits. */
int distinct_read(uint32_t bits, const uint8_t *bytes, size_t length, uint8_t *ret_registers);
