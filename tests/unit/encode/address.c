// SPDX-License-Identifier: Apache-2.0

/* Addresses as text: the C library's text for the same bytes, but for IPv4 in IPv6's clothes. */

#include "encode/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *address, const char *as_ipv6, const char *as_either)
{
    char text[ADDRESS_MAX + 1];
    uint8_t bytes[16];

    assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
    *address_put_ipv6(text, bytes) = '\0';
    assert_string_equal(text, as_ipv6);
    *address_put_ip(text, bytes) = '\0';
    assert_string_equal(text, as_either);
}

static void either_family(void **state)
{
    (void)state;
    expect("::ffff:10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1");
    expect("::ffff:0.0.0.0", "::ffff:0.0.0.0", "0.0.0.0");
    expect("::ffff:255.255.255.255", "::ffff:255.255.255.255", "255.255.255.255");
    expect("::10.0.0.1", "::10.0.0.1", "::10.0.0.1");
    expect("::", "::", "::");
    expect("::1", "::1", "::1");
    expect("1::ffff:a00:1", "1::ffff:a00:1", "1::ffff:a00:1");
    expect("2001:db8::1", "2001:db8::1", "2001:db8::1");
}

/* Zeros are what goes wrong, so most bytes are. */
static void as_the_c_library_has_it(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        char text[ADDRESS_MAX + 1], wanted[INET6_ADDRSTRLEN];
        uint8_t bytes[16] = {0};

        for (int j = 0; j < 16; j++)
            bytes[j] = rand_r(&seed) % 4 == 0 ? (uint8_t)rand_r(&seed) : 0;
        inet_ntop(AF_INET6, bytes, wanted, sizeof(wanted));
        *address_put_ipv6(text, bytes) = '\0';
        assert_string_equal(text, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_family),
        cmocka_unit_test(as_the_c_library_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
