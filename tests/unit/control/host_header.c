// SPDX-License-Identifier: Apache-2.0
#include "control/host_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/setting.h"

static const char *const listed[] = {"machine.example", "x"};
static const struct setting_texts names = {.items = listed, .count = 2};

static void ours(void **state)
{
    static const char *const hosts[] = {
        "localhost",
        "LOCALHOST:9464",
        "127.0.0.1",
        "127.0.0.1:9464",
        "127.8.8.8",
        "[::1]",
        "[::1]:9464",
        "::1",
        "192.0.2.7:80",
        "machine.example",
        "Machine.Example:9464",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (!host_is_ours(hosts[i], &names))
            fail_msg("%s", hosts[i]);
}

static void not_ours(void **state)
{
    static const char *const hosts[] = {
        "",
        ":9464",
        "evil.example",
        "evil.example:9464",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "machine.example.evil",
        "machine.example:80:80",
        "localhost:port",
        "127.0.0.1 evil",
        "[evil]",
        "[",
        "[]",
        "[]:80",
        "xx",
    };
    char longest[400];

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        if (host_is_ours(hosts[i], &names))
            fail_msg("%s", hosts[i]);
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_false(host_is_ours(longest, &names));
    assert_false(host_is_ours("machine.example", &(struct setting_texts){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours),
        cmocka_unit_test(not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
