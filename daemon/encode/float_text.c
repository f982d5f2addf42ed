// SPDX-License-Identifier: Apache-2.0

/* Records hardly ever hold floats (BPF programs cannot compute them), and averages and rates come
 * once a window, so this need not be fast; no C library of Debian writes the shortest digits. There
 * are two ways, both short: integers, and what is an integer once the point
 * is moved by some places, which both sides of the division represent exactly, so that reading the
 * text divides in the same way; and for the rest the C library, asked for 15 digits, 16, then 17.
 *
 * Every decimal of up to 15 digits survives the way through a double. So when 15 digits read back,
 * they are the shortest ones with zeros after. Below DBL_MIN that does not hold, so there all
 * lengths are tried. */

#include "encode/float_text.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/integer_text.h"

enum { DIGITS_LEAST = 15, DIGITS_MOST = 17, PLAIN_MOST = 16, PLAIN_ZEROS = 6, PLACES_MOST = 6 };

/* value is 0.DIGITS times 10^point; the first digit is not 0. */
struct decimal {
    char digits[DIGITS_MOST + INTEGER_TEXT_MAX];
    int count;
    int point;
};

static void strip_zeros(struct decimal *decimal)
{
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
}

/* What is not zero and of few places, exactly. */
static bool split_short(double value, struct decimal *ret)
{
    static const double powers[PLACES_MOST + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

    for (int places = 0; places <= PLACES_MOST; places++) {
        double moved = value * powers[places];
        uint64_t nearest;

        if (moved >= 1e15)
            return false;
        nearest = (uint64_t)(moved + 0.5);
        if ((double)nearest / powers[places] != value)
            continue;
        ret->count = (int)(integer_text_put(ret->digits, nearest) - ret->digits);
        ret->point = ret->count - places;
        strip_zeros(ret);
        return true;
    }
    return false;
}

/* The radix character between the first two digits is the locale's; it is passed over. */
static bool split_by_libc(double value, int count, struct decimal *ret)
{
    char text[64];
    char *exponent;

    snprintf(text, sizeof(text), "%.*e", count - 1, value);
    exponent = strchr(text, 'e');
    ret->count = 0;
    for (const char *at = text; at < exponent; at++)
        if (*at >= '0' && *at <= '9')
            ret->digits[ret->count++] = *at;
    ret->point = atoi(exponent + 1) + 1;
    return strtod(text, NULL) == value;
}

static void split(double value, struct decimal *ret)
{
    if (split_short(value, ret))
        return;
    for (int count = value < DBL_MIN ? 1 : DIGITS_LEAST; count <= DIGITS_MOST; count++)
        if (split_by_libc(value, count, ret))
            break;
    strip_zeros(ret);
}

static char *put_zeros(char *out, int count)
{
    memset(out, '0', (size_t)count);
    return out + count;
}

static char *put_digits(char *out, const struct decimal *decimal, int from, int to)
{
    memcpy(out, decimal->digits + from, (size_t)(to - from));
    return out + (to - from);
}

static char *put_plain(char *out, const struct decimal *decimal)
{
    int whole = decimal->point < decimal->count ? decimal->point : decimal->count;

    if (decimal->point <= 0) {
        *out++ = '0';
        *out++ = '.';
        out = put_zeros(out, -decimal->point);
        return put_digits(out, decimal, 0, decimal->count);
    }
    out = put_digits(out, decimal, 0, whole);
    out = put_zeros(out, decimal->point - whole);
    if (whole == decimal->count)
        return out;
    *out++ = '.';
    return put_digits(out, decimal, whole, decimal->count);
}

static char *put_scientific(char *out, const struct decimal *decimal)
{
    *out++ = decimal->digits[0];
    if (decimal->count > 1) {
        *out++ = '.';
        out = put_digits(out, decimal, 1, decimal->count);
    }
    *out++ = 'e';
    return integer_text_put_signed(out, decimal->point - 1);
}

char *float_text_put(char *out, double value)
{
    struct decimal decimal;

    if (signbit(value))
        *out++ = '-';
    value = fabs(value);
    if (value == 0)
        return integer_text_put(out, 0);
    split(value, &decimal);
    return decimal.point > -PLAIN_ZEROS && decimal.point <= PLAIN_MOST
               ? put_plain(out, &decimal)
               : put_scientific(out, &decimal);
}
