// SPDX-License-Identifier: Apache-2.0

#include "encode/hex.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
    char expected[32], got[HEX_MAX + 1];

    (void)state;
    for (int shift = 0; shift < 64; shift++)
        for (int less = 0; less < 2; less++) {
            uint64_t value = (UINT64_C(1) << shift) - (unsigned)less;

            snprintf(expected, sizeof(expected), "0x%" PRIx64, value);
            *hex_put(got, value) = '\0';
            assert_string_equal(got, expected);
        }
    *hex_put(got, UINT64_MAX) = '\0';
    assert_string_equal(got, "0xffffffffffffffff");
}

static void bytes(void **state)
{
    const uint8_t some[] = {0, 0xff, 0x1e, 0x2d};
    char got[16];

    (void)state;
    *hex_put_bytes(got, some, sizeof(some)) = '\0';
    assert_string_equal(got, "00ff1e2d");
    assert_ptr_equal(hex_put_bytes(got, some, 0), got);
}

static void wide_numbers(void **state)
{
    const unsigned __int128 values[] = {0,
                                        15,
                                        16,
                                        (unsigned __int128)1 << 64,
                                        ((unsigned __int128)1 << 64) + 15,
                                        ~(unsigned __int128)0};
    static const char *const texts[] = {"0x0",
                                        "0xf",
                                        "0x10",
                                        "0x10000000000000000",
                                        "0x1000000000000000f",
                                        "0xffffffffffffffffffffffffffffffff"};
    char got[64];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        *hex_put_wide(got, &values[i], sizeof(values[i])) = '\0';
        assert_string_equal(got, texts[i]);
    }
    *hex_put_wide(got, values, 0) = '\0';
    assert_string_equal(got, "0x0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(bytes),
        cmocka_unit_test(wide_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
