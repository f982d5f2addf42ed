// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Hexadecimal, small digits. */

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Each byte's two digits. */
extern const char hex_pairs[];

/* The two digits of a byte, the first one in the lower half: what two bytes in memory are as a
 * little-endian number. */
static inline uint16_t hex_pair(uint8_t byte)
{
    uint16_t pair;

    memcpy(&pair, hex_pairs + 2 * byte, sizeof(pair));
    return le16toh(pair);
}

enum { HEX_MAX = 18 }; /* bytes of the longest hex_put(): 0xffffffffffffffff */

/* 0x1f: the number without leading zeros, no NUL. Returns the byte after the last one. */
char *hex_put(char *out, uint64_t value);

/* 1f2e3d: each byte as two digits, in their order in memory. Writes 2 * length bytes, no NUL;
 * returns the byte after the last one. */
char *hex_put_bytes(char *out, const void *bytes, size_t length);

/* 0x1f of an integer of any size in host byte order. At most 2 * length + 2 bytes, and 0x0 for no
 * bytes at all. */
char *hex_put_wide(char *out, const void *bytes, size_t length);
