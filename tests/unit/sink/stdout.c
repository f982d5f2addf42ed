// SPDX-License-Identifier: Apache-2.0

/* Standard output is the test's own report too, so each test puts it back before it judges. */

#include "sink/stdout.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sink_options options = {"out", FRAMING_LINES};

static int take_stdout_away(void)
{
    int saved;

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    close(STDOUT_FILENO);
    return saved;
}

static void bring_stdout_back(int saved)
{
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static void refuses_a_closed_one(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL;
    int saved = take_stdout_away();
    int result = sink_stdout.open(NULL, &options, &error, &sink);

    (void)state;
    bring_stdout_back(saved);
    assert_int_equal(result, -EBADF);
    assert_null(sink);
    assert_string_equal(error.text,
                        "standard output is closed, or only for reading; redirect it somewhere");
}

static void writes_and_sees_the_reader_leave(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL;
    int ends[2], result, watched, saved;
    ssize_t written, after;
    char bytes[8] = "";

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    saved = take_stdout_away();
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    result = sink_stdout.open(NULL, &options, &error, &sink);
    written = sink_stdout.write(sink, "hello", 5);
    watched = sink_stdout.watch_fd(sink);
    if (read(ends[0], bytes, 5) < 0)
        bytes[0] = '?';
    close(ends[0]);
    after = sink_stdout.write(sink, "again", 5);
    sink_stdout.close(sink);
    bring_stdout_back(saved);
    assert_int_equal(result, 0);
    assert_int_equal(written, 5);
    assert_int_equal(watched, STDOUT_FILENO);
    assert_string_equal(bytes, "hello");
    assert_int_equal(after, -EPIPE);
}

static void close_leaves_it_open(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL;

    (void)state;
    assert_int_equal(sink_stdout.open(NULL, &options, &error, &sink), 0);
    sink_stdout.close(sink);
    sink_stdout.close(NULL);
    assert_int_equal(sink_stdout.open(NULL, &options, &error, &sink), 0);
    assert_ptr_equal(sink->ops, &sink_stdout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_closed_one),
        cmocka_unit_test(writes_and_sees_the_reader_leave),
        cmocka_unit_test(close_leaves_it_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
