// SPDX-License-Identifier: Apache-2.0

/* Standard output is the test's own report too, so each test puts it back before it judges. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/sink_kinds.h"
#include "unit/sink/outcome.h"

static const struct sink_options options = {.name = "out", .framing = FRAMING_LINES};

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
                        "standard output is closed or read-only; redirect it, as in: > FILE");
}

/* A place as journald has one; -1: only root can make it. */
static int listen_as_journal(struct sockaddr_un *ret_address, char folder[64])
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(folder, 64, "/run/systemd/journal.ringmill-%d", (int)getpid());
    mkdir("/run/systemd", 0755);
    if (mkdir(folder, 0700) < 0)
        return -1;
    ret_address->sun_family = AF_UNIX;
    snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/stdout", folder);
    assert_int_equal(bind(listener, (struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    return listener;
}

/* Opens the sink with the journal as standard output, writes all of text, and reads what came. */
static int write_to_journal(const char *text, enum framing framing, char *got, size_t room,
                            struct error *error)
{
    const struct sink_options to_journal = {.name = "out", .framing = framing};
    struct sockaddr_un address = {0};
    struct sink *sink = NULL;
    char folder[64];
    int listener = listen_as_journal(&address, folder), peer, end, saved, result;
    size_t used = 0, done = 0;
    ssize_t more = 1;

    assert_true(listener >= 0);
    peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&address, sizeof(address)), 0);
    end = accept(listener, NULL, NULL);
    saved = take_stdout_away();
    dup2(peer, STDOUT_FILENO);
    close(peer);
    result = sink_stdout.open(NULL, &to_journal, error, &sink);
    while (result == 0 && done < strlen(text) && more > 0) {
        more = write_to(sink, text + done, strlen(text) - done);
        done += more > 0 ? (size_t)more : 0;
    }
    bring_stdout_back(saved);
    sink_close(sink);
    while (used < room - 1 && (more = read(end, got + used, room - 1 - used)) > 0)
        used += (size_t)more;
    got[used] = '\0';
    close(end);
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
    return result;
}

static void no_line_of_the_journal_says_a_severity(void **state)
{
    struct error error = {0};
    char got[256];

    (void)state;
    assert_int_equal(write_to_journal("<0>panic\n{\"a\":\"<7>b<<12>>\"}\n<x>\n", FRAMING_LINES, got,
                                      sizeof(got), &error),
                     0);
    assert_string_equal(got, "\\u003c0>panic\n{\"a\":\"\\u003c7>b<\\u003c12>>\"}\n<x>\n");
    assert_int_equal(write_to_journal("x", FRAMING_PREFIXED, got, sizeof(got), &error), -EINVAL);
    assert_string_equal(error.text, "standard output is the journal, which takes only lines of "
                                    "text; choose a text format, as in format: json");
}

static void writes_and_sees_the_reader_leave(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL;
    int ends[2], result, watched, saved;
    size_t written;
    char bytes[8] = "";

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    saved = take_stdout_away();
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    result = sink_stdout.open(NULL, &options, &error, &sink);
    written = write_to(sink, "hello", 5);
    watched = watched_fd(sink);
    if (read(ends[0], bytes, 5) < 0)
        bytes[0] = '?';
    close(ends[0]);
    write_to(sink, "again", 5);
    sink_close(sink);
    bring_stdout_back(saved);
    assert_int_equal(result, 0);
    assert_int_equal(written, 5);
    assert_int_equal(watched, STDOUT_FILENO);
    assert_string_equal(bytes, "hello");
    assert_int_equal(last_state, SINK_GONE);
}

static void close_leaves_it_open(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL, *next = NULL;

    (void)state;
    assert_int_equal(sink_stdout.open(NULL, &options, &error, &sink), 0);
    assert_int_equal(sink_stdout.open(NULL, &options, &error, &next), 0);
    assert_ptr_not_equal(sink, next); /* as at a reload */
    sink_close(sink);
    sink_close(NULL);
    assert_ptr_equal(next->ops, &sink_stdout);
    assert_true(fcntl(STDOUT_FILENO, F_GETFL) >= 0);
    sink_close(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_closed_one),
        cmocka_unit_test(no_line_of_the_journal_says_a_severity),
        cmocka_unit_test(writes_and_sees_the_reader_leave),
        cmocka_unit_test(close_leaves_it_open),
    };

    if (geteuid() != 0) {
        puts("skipped: only root can make a place like the one of journald");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
