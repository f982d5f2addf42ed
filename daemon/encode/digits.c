// SPDX-License-Identifier: Apache-2.0

/* Two digits per division, from the right, at the place that a count of digits gives beforehand:
 * so nothing has to be moved afterwards. */

#include "encode/digits.h"

#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* By the bit length: 1233/4096 is just above log10(2), so the guess is right or one too low. */
static unsigned count_digits(uint64_t value)
{
    static const uint64_t powers[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        UINT64_C(10000000000000000000),
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned guess = bits * 1233 >> 12;

    return guess + (value >= powers[guess]) + (value == 0 && guess == 0);
}

char *digits_put(char *out, uint64_t value)
{
    char *end = out + count_digits(value);
    char *at = end;

    while (value >= 100) {
        at -= 2;
        memcpy(at, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(at - 2, pairs + 2 * value, 2);
    else
        at[-1] = (char)('0' + value);
    return end;
}

char *digits_put_signed(char *out, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;

    if (value < 0) {
        *out++ = '-';
        magnitude = -magnitude;
    }
    return digits_put(out, magnitude);
}
