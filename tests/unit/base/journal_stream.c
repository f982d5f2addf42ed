// SPDX-License-Identifier: Apache-2.0
#include "base/journal_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(const char *text, size_t plain)
{
    size_t size = strlen(text);
    char *exact = malloc(size + 1); /* so that a read behind the end is found */

    assert_non_null(exact);
    memcpy(exact, text, size);
    assert_int_equal(journal_stream_plain(exact, size), plain);
    free(exact);
}

static void finds_severities(void **state)
{
    (void)state;
    expect("<0>panic", 0);
    expect("<007>panic", 0);
    expect("a<b<6>c", 3);
    expect("<<1>", 1);
    expect("<0001>", 6); /* more digits are none */
    expect("<>", 2);
    expect("<a>", 3);
    expect("<0", 2);
    expect("<", 1);
    expect("", 0);
    expect("{\"comm\":\"<3>x\"}", 9);
}

static void other_outputs_are_no_journal(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_false(journal_stream_is(pair[0]));
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(pipe(pair), 0);
    assert_false(journal_stream_is(pair[1]));
    close(pair[0]);
    close(pair[1]);
    assert_false(journal_stream_is(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_severities),
        cmocka_unit_test(other_outputs_are_no_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
