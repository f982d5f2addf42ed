// SPDX-License-Identifier: Apache-2.0

/* Digit by digit, from the left: addresses and digests are rare beside counts and texts. */

#include "encode/hex.h"

#include <endian.h>

static const char digits[] = "0123456789abcdef";

char *hex_put(char *out, uint64_t value)
{
    int shift = (63 - __builtin_clzll(value | 1)) / 4 * 4;

    *out++ = '0';
    *out++ = 'x';
    for (; shift >= 0; shift -= 4)
        *out++ = digits[value >> shift & 15];
    return out;
}

char *hex_put_bytes(char *out, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < length; i++) {
        *out++ = digits[at[i] >> 4];
        *out++ = digits[at[i] & 15];
    }
    return out;
}

/* The byte that counts n-th least. */
static uint8_t byte_of(const uint8_t *bytes, size_t length, size_t n)
{
    return __BYTE_ORDER == __LITTLE_ENDIAN ? bytes[n] : bytes[length - 1 - n];
}

char *hex_put_wide(char *out, const void *bytes, size_t length)
{
    size_t left = length;
    uint8_t top = 0;

    while (left > 0 && (top = byte_of(bytes, length, left - 1)) == 0)
        left--;
    out = hex_put(out, left > 0 ? top : 0);
    while (left-- > 1) {
        top = byte_of(bytes, length, left - 1);
        *out++ = digits[top >> 4];
        *out++ = digits[top & 15];
    }
    return out;
}
