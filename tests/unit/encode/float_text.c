// SPDX-License-Identifier: Apache-2.0

#include "encode/float_text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *put(double value)
{
    static char text[64];
    char *end = float_text_put(text, value);

    assert_true(end - text <= FLOAT_TEXT_MAX);
    *end = '\0';
    return text;
}

static void known_values(void **state)
{
    static const struct {
        double value;
        const char *text;
    } known[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-3, "-3"},
        {100, "100"},
        {0.1, "0.1"},
        {-12.75, "-12.75"},
        {0.000001, "0.000001"},
        {0.0000001, "1e-7"},
        {123456789012345, "123456789012345"},
        {1e15, "1000000000000000"},
        {1e16, "1e16"},
        {9007199254740993, "9007199254740992"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {(double)0.1f, "0.10000000149011612"},
        {6.02214076e23, "6.02214076e23"},
        {1e300, "1e300"},
        {5e-324, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e308"},
        {-1.2345678901234567e-6, "-0.0000012345678901234567"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        assert_string_equal(put(known[i].value), known[i].text);
}

static uint32_t count_digits(const char *text)
{
    char digits[64];
    uint32_t count = 0, leading = 0;

    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9')
            digits[count++] = *text;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    while (leading + 1 < count && digits[leading] == '0')
        leading++;
    return count - leading;
}

/* It reads back, and no fewer digits of printf's do. */
static void check(double value)
{
    const char *text = put(value);
    uint32_t digits = count_digits(text);
    char shorter[64];

    if (strtod(text, NULL) != value)
        fail_msg("%s is not %.17g", text, value);
    if (digits == 1)
        return;
    snprintf(shorter, sizeof(shorter), "%.*e", (int)digits - 2, value);
    if (strtod(shorter, NULL) == value)
        fail_msg("%s would do for %s", shorter, text);
}

static void random_values(void **state)
{
    unsigned short seed[3] = {4, 5, 6};

    (void)state;
    print_message("seed %u %u %u\n", seed[0], seed[1], seed[2]);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits =
            (uint64_t)nrand48(seed) << 42 ^ (uint64_t)nrand48(seed) << 21 ^ (uint64_t)nrand48(seed);
        double value;
        float narrow;

        memcpy(&value, &bits, sizeof(value));
        memcpy(&narrow, &bits, sizeof(narrow));
        if (isfinite(value))
            check(value);
        if (isfinite(narrow))
            check((double)narrow);
        check((double)(nrand48(seed) % 100000) / 1000);
        check((double)(int64_t)bits);
        check(ldexp((double)bits, -(int)(bits % 1100))); /* down to the smallest */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(random_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
