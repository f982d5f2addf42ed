// SPDX-License-Identifier: Apache-2.0
#include "encode/integer_text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(uint64_t value)
{
    char got[INTEGER_TEXT_MAX + 1], expected[INTEGER_TEXT_MAX + 2];

    *integer_text_put(got, value) = '\0';
    snprintf(expected, sizeof(expected), "%" PRIu64, value);
    assert_string_equal(got, expected);
    *integer_text_put_signed(got, (int64_t)value) = '\0';
    snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)value);
    assert_string_equal(got, expected);
}

/* Around each power of two and of ten, where a digit more or a sign begins. */
static void borders(void **state)
{
    uint64_t ten = 1;

    (void)state;
    for (int i = 0; i < 64; i++) {
        for (int k = -2; k <= 2; k++)
            check((UINT64_C(1) << i) + (uint64_t)k);
    }
    for (int i = 0; i < 20; i++, ten *= 10) {
        for (int k = -2; k <= 2; k++) {
            check(ten + (uint64_t)k);
            check(-ten + (uint64_t)k);
        }
    }
    for (uint64_t i = 0; i < 100000; i++)
        check(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
