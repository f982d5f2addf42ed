// SPDX-License-Identifier: Apache-2.0
/* Parses values by hand, because strtol and its kin skip spaces, follow the locale, and stop in
 * silence at what they do not understand. Units are tables from the largest to the smallest, used
 * both ways. */

#include "config/scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct scalar_unit {
    const char *name;
    uint64_t factor;
};

static const struct scalar_unit sizes[] = {
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
    {NULL, 0},
};

static const struct scalar_unit durations[] = {
    {"h", UINT64_C(3600000000000)},
    {"min", UINT64_C(60000000000)},
    {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},
    {"us", UINT64_C(1000)},
    {"ns", 1},
    {NULL, 0},
};

/* What a rate is counted over. */
static const struct scalar_unit spans[] = {
    {"s", UINT64_C(1000000000)},
    {"min", UINT64_C(60000000000)},
    {"m", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
    {NULL, 0},
};

/* The value of a hexadecimal digit; 16: not a digit. */
static unsigned digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (unsigned)(digit - 'a') + 10;
    if (digit >= 'A' && digit <= 'F')
        return (unsigned)(digit - 'A') + 10;
    return 16;
}

/* Takes digits off the text, all of them even when the value is too large: -ERANGE must mean that
 * the rest is well-formed, too. Sets is_huge then. -EINVAL without a digit. */
static int take_digits(const char **text, unsigned base, uint64_t *ret, bool *ret_is_huge)
{
    const char *at = *text;
    uint64_t value = 0;
    bool is_huge = false;

    if (digit_value(*at) >= base)
        return -EINVAL;
    for (; digit_value(*at) < base; at++) {
        is_huge |= __builtin_mul_overflow(value, base, &value);
        is_huge |= __builtin_add_overflow(value, digit_value(*at), &value);
    }
    *text = at;
    *ret = value;
    *ret_is_huge = is_huge;
    return 0;
}

int scalar_bool(const char *text, bool *ret)
{
    if (strcmp(text, "true") == 0)
        *ret = true;
    else if (strcmp(text, "false") == 0)
        *ret = false;
    else
        return -EINVAL;
    return 0;
}

int scalar_integer(const char *text, int64_t *ret)
{
    bool is_negative = *text == '-';
    uint64_t magnitude;
    unsigned base = 10;
    bool is_huge;

    if (*text == '-' || *text == '+')
        text++;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (take_digits(&text, base, &magnitude, &is_huge) < 0 || *text)
        return -EINVAL;
    if (is_huge || magnitude > (uint64_t)INT64_MAX + is_negative)
        return -ERANGE;
    *ret = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return 0;
}

/* A count and a unit; without one, the count is of plain (0: no unit is not allowed unless 0). */
static int parse_measure(const char *text, const struct scalar_unit *units, uint64_t plain,
                         uint64_t *ret)
{
    uint64_t factor = 0;
    uint64_t value;
    bool is_huge;

    if (take_digits(&text, 10, &value, &is_huge) < 0)
        return -EINVAL;
    if (!*text) {
        if (plain == 0 && (value != 0 || is_huge))
            return -EINVAL;
        factor = 1;
    } else {
        text += strspn(text, " ");
        for (; units->name && factor == 0; units++) {
            if (strcmp(text, units->name) == 0)
                factor = units->factor;
        }
    }
    if (factor == 0)
        return -EINVAL;
    if (is_huge || __builtin_mul_overflow(value, factor, &value) || value > INT64_MAX)
        return -ERANGE;
    *ret = value;
    return 0;
}

int scalar_size(const char *text, uint64_t *ret)
{
    return parse_measure(text, sizes, 1, ret);
}

int scalar_duration(const char *text, uint64_t *ret)
{
    return parse_measure(text, durations, 0, ret);
}

int scalar_rate(const char *text, struct scalar_rate *ret)
{
    const struct scalar_unit *span = spans;
    uint64_t count;
    bool is_huge;

    if (take_digits(&text, 10, &count, &is_huge) < 0 || *text++ != '/')
        return -EINVAL;
    while (span->name && strcmp(text, span->name) != 0)
        span++;
    if (!span->name)
        return -EINVAL;
    if (is_huge || count > INT64_MAX)
        return -ERANGE;
    *ret = (struct scalar_rate){count, span->factor};
    return 0;
}

static void format_measure(uint64_t value, const struct scalar_unit *units, char *text)
{
    while (units->factor > 1 && value % units->factor != 0)
        units++;
    if (value == 0)
        snprintf(text, SCALAR_TEXT_MAX, "0");
    else
        snprintf(text, SCALAR_TEXT_MAX, "%" PRIu64 "%s", value / units->factor, units->name);
}

void scalar_format_size(uint64_t bytes, char text[static SCALAR_TEXT_MAX])
{
    format_measure(bytes, sizes, text);
}

void scalar_format_duration(uint64_t nanoseconds, char text[static SCALAR_TEXT_MAX])
{
    format_measure(nanoseconds, durations, text);
}
