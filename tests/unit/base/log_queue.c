// SPDX-License-Identifier: Apache-2.0

/* Log lines that standard error does not take at once: nobody waits, what is missing is said where
 * it is missing, and the end waits for what is there. */

#include "base/log_queue.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

enum { PIPE_BYTES = 4096, TEXT_BYTES = 1024 * 1024, LINES = 5000 };

/* stderr is a small pipe, whose other end is read when the test wants it. */
struct fixture {
    int saved;
    int pipe[2];
    pthread_t reader;
    char text[TEXT_BYTES];
    size_t used;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    unsetenv("JOURNAL_STREAM");
    if (pipe(fixture.pipe) < 0 || fcntl(fixture.pipe[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
        return -1;
    fixture.saved = dup(STDERR_FILENO);
    return dup2(fixture.pipe[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    close(fixture->saved);
    close(fixture->pipe[0]);
    return 0;
}

static void *read_all(void *data)
{
    struct fixture *fixture = data;
    ssize_t got;

    while ((got = read(fixture->pipe[0], fixture->text + fixture->used, 512)) > 0)
        fixture->used += (size_t)got;
    return NULL;
}

static void begin_reading(struct fixture *fixture)
{
    assert_int_equal(pthread_create(&fixture->reader, NULL, read_all, fixture), 0);
}

/* No line follows. */
static void end_reading(struct fixture *fixture)
{
    dup2(fixture->saved, STDERR_FILENO);
    close(fixture->pipe[1]);
    pthread_join(fixture->reader, NULL);
    fixture->text[fixture->used] = '\0';
}

/* Lines "r: N", from 0 on, and where some are missing a line that says how many; returns how many
 * there are with those. */
static uint64_t follow_lines(char *text)
{
    uint64_t next = 0;

    for (char *line; (line = strsep(&text, "\n")) && *line;) {
        uint64_t number;
        char rest[100];

        if (sscanf(line, "r: %lu", &number) == 1) {
            assert_int_equal(number, next);
            next++;
        } else {
            assert_int_equal(sscanf(line, "r: warning: %lu log lines were %99[^\n]", &number, rest),
                             2);
            assert_string_equal(rest, "dropped here: standard error did not accept them");
            next += number;
        }
    }
    return next;
}

static void nobody_waits_for_a_full_pipe(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = log_dropped();

    log_open("r", LOG_LEVEL_INFO);
    log_start();
    for (int i = 0; i < LINES; i++)
        log_info("%d %s", i, "a line that is a little longer than its number");
    assert_true(log_dropped() > before);
    assert_int_equal(fcntl(fixture->pipe[1], F_GETFL) & O_NONBLOCK, 0); /* others share it */
    begin_reading(fixture);
    log_end();
    log_info("%d %s", LINES, "written by who logs it");
    end_reading(fixture);
    assert_int_equal(follow_lines(fixture->text), LINES + 1);
}

/* More than there is room for: it waits, and is whole. */
static void the_last_words_are_whole(void **state)
{
    enum { SIZE = 3 * LOG_QUEUE_BYTES };
    struct fixture *fixture = *state;
    uint64_t before = log_dropped();
    char *words = malloc(SIZE + 1);

    assert_non_null(words);
    for (size_t i = 0; i < SIZE; i++)
        words[i] = i % 100 == 99 ? '\n' : (char)('a' + i / 100 % 26);
    words[SIZE - 1] = '\n';
    words[SIZE] = '\0';
    log_open("r", LOG_LEVEL_INFO);
    log_start();
    begin_reading(fixture);
    log_print(words);
    log_error("the last one");
    log_end();
    end_reading(fixture);
    assert_memory_equal(fixture->text, words, SIZE);
    assert_string_equal(fixture->text + SIZE, "r: error: the last one\n");
    assert_int_equal(log_dropped(), before);
    free(words);
}

/* As where log_print() has nothing to wait for. */
static void words_without_a_thread(void **state)
{
    struct fixture *fixture = *state;

    log_open("r", LOG_LEVEL_INFO);
    log_print("one\ntwo\n\nno end");
    log_end();
    begin_reading(fixture);
    end_reading(fixture);
    assert_string_equal(fixture->text, "one\ntwo\n\nno end");
}

static void a_line_is_out_when_it_can_be(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd readable = {.fd = fixture->pipe[0], .events = POLLIN};

    log_open("r", LOG_LEVEL_INFO);
    log_start();
    log_info("0");
    assert_int_equal(poll(&readable, 1, -1), 1);
    begin_reading(fixture);
    log_start(); /* once more is fine */
    log_info("1");
    log_end();
    log_end();
    end_reading(fixture);
    assert_int_equal(follow_lines(fixture->text), 2);
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PIPE(nobody_waits_for_a_full_pipe),
        WITH_PIPE(the_last_words_are_whole),
        WITH_PIPE(words_without_a_thread),
        WITH_PIPE(a_line_is_out_when_it_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
