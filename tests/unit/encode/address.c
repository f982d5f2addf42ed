// SPDX-License-Identifier: Apache-2.0

#include "encode/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_ipv6(const uint8_t bytes[16])
{
    char expected[INET6_ADDRSTRLEN], got[ADDRESS_MAX + 1];

    inet_ntop(AF_INET6, bytes, expected, sizeof(expected));
    *address_put_ipv6(got, bytes) = '\0';
    assert_string_equal(got, expected);
}

static void known_addresses(void **state)
{
    static const char *const texts[] = {"::",
                                        "::1",
                                        "1::",
                                        "2001:db8::1",
                                        "2001:db8:0:1:1:1:1:1",
                                        "2001:0:0:1::1",
                                        "1:0:0:2:0:0:0:3",
                                        "::ffff:1.2.3.4",
                                        "::ffff:0:0",
                                        "::1.2.3.4",
                                        "::1:2:3",
                                        "fe80::ffff:ffff:ffff:ffff",
                                        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"};
    const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    const uint8_t mac[6] = {2, 0, 0x5e, 0, 0x53, 0xaf};
    char got[ADDRESS_MAX + 1];
    uint8_t bytes[16];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(inet_pton(AF_INET6, texts[i], bytes), 1);
        check_ipv6(bytes);
    }
    *address_put_ipv6(got, mapped) = '\0';
    assert_string_equal(got, "::ffff:192.0.2.1");
    *address_put_ip(got, mapped) = '\0';
    assert_string_equal(got, "192.0.2.1");
    *address_put_ipv4(got, mapped + 12) = '\0';
    assert_string_equal(got, "192.0.2.1");
    *address_put_mac(got, mac) = '\0';
    assert_string_equal(got, "02:00:5e:00:53:af");
}

/* All 256 patterns of zero groups, each with short and long groups between. */
static void as_inet_ntop(void **state)
{
    unsigned short seed[3] = {1, 2, 3};
    char expected[INET_ADDRSTRLEN], got[ADDRESS_MAX + 1];

    (void)state;
    for (unsigned i = 0; i < 256 * 200; i++) {
        uint8_t bytes[16] = {0};

        for (unsigned group = 0; group < 8; group++)
            if (i >> group & 1) {
                unsigned value = (unsigned)nrand48(seed) & 0xffff;

                value = i % 3 == 0 ? 0xffff : i % 3 == 1 ? value : value >> (i / 256 % 16);
                bytes[2 * group] = (uint8_t)(value >> 8);
                bytes[2 * group + 1] = (uint8_t)value;
            }
        check_ipv6(bytes);
        inet_ntop(AF_INET, bytes + 12, expected, sizeof(expected));
        *address_put_ipv4(got, bytes + 12) = '\0';
        assert_string_equal(got, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_addresses),
        cmocka_unit_test(as_inet_ntop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
