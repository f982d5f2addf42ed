// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
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

static char expected[512];

enum { LINE_BYTES = 2048, TEXT_BYTES = 256 * 1024 };

/* stderr goes into a pipe from set_up() until text_of() reads what came. */
struct capture {
    int saved;
    int pipe[2];
    char text[TEXT_BYTES];
};

static int set_up(void **state)
{
    static struct capture capture;

    *state = &capture;
    unsetenv("JOURNAL_STREAM");
    if (pipe(capture.pipe) < 0 || fcntl(capture.pipe[1], F_SETPIPE_SZ, TEXT_BYTES) < 0)
        return -1;
    capture.saved = dup(STDERR_FILENO);
    return dup2(capture.pipe[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    struct capture *capture = *state;

    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->pipe[0]);
    unsetenv("JOURNAL_STREAM");
    return 0;
}

static const char *text_of(struct capture *capture)
{
    size_t used = 0;
    ssize_t got;

    dup2(capture->saved, STDERR_FILENO);
    close(capture->pipe[1]);
    while ((got = read(capture->pipe[0], capture->text + used, TEXT_BYTES - 1 - used)) > 0)
        used += (size_t)got;
    capture->text[used] = '\0';
    return capture->text;
}

static void plain_lines_say_program_and_level(void **state)
{
    log_open("ringmilld", LOG_LEVEL_DEBUG);
    log_error("cannot open %s", "/x");
    log_warning("%d sinks", 2);
    log_info("started");
    log_debug("turn %u", 7U);
    assert_string_equal(text_of(*state), "ringmilld: error: cannot open /x\n"
                                         "ringmilld: warning: 2 sinks\n"
                                         "ringmilld: started\n"
                                         "ringmilld: debug: turn 7\n");
}

static void nothing_in_a_line_is_a_command(void **state)
{
    log_open("r", LOG_LEVEL_INFO);
    log_error("held by %s", "\x1b[2J\xc2\x9b"
                            "1m\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\x7f\xc3\xa4\xe2\x80\x9c");
    assert_string_equal(text_of(*state),
                        "r: error: held by ?[2J??1m?????????\xc3\xa4\xe2\x80\x9c\n");
}

/* The variable is inherited by programs whose stderr goes elsewhere. */
static void another_journal_stream_is_not_believed(void **state)
{
    setenv("JOURNAL_STREAM", "8:12345", 1);
    log_open("ringmilld", LOG_LEVEL_DEBUG);
    log_error("cannot open %s", "/x");
    setenv("JOURNAL_STREAM", "nonsense", 1);
    log_open("ringmilld", LOG_LEVEL_DEBUG);
    log_info("started");
    assert_string_equal(text_of(*state), "ringmilld: error: cannot open /x\nringmilld: started\n");
}

static void a_line_may_be_about_something(void **state)
{
    char name[400];

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    log_open("ringmilld", LOG_LEVEL_INFO);
    log_about(LOG_LEVEL_WARNING, "sink", "out", "is %s", "full");
    log_about(LOG_LEVEL_DEBUG, "sink", "out", "is %s", "full");
    log_about(LOG_LEVEL_INFO, "source", name, "end");
    name[152] = '\0'; /* "source " and this make 159 bytes */
    assert_string_equal(text_of(*state) + strlen("ringmilld: warning: sink out: is full\n"),
                        (sprintf(expected, "ringmilld: source %send\n", name), expected));
}

static void limited_lines_say_what_was_left_out(void **state)
{
    struct log_limit limit = {.lines = 2, .seconds = 3600};

    log_open("r", LOG_LEVEL_INFO);
    for (int i = 0; i < 5; i++)
        log_write_limited(&limit, LOG_LEVEL_ERROR, "sink", "out", "line %d", i);
    log_write_limited(&limit, LOG_LEVEL_DEBUG, "sink", "out", "not even counted");
    assert_int_equal(limit.omitted, 3);
    limit.since -= INT64_C(3600000000000); /* an hour ago, whatever the uptime */
    log_write_limited(&limit, LOG_LEVEL_INFO, "sink", "out", "again");
    log_write_limited(&limit, LOG_LEVEL_INFO, "sink", "out", "and again");
    assert_string_equal(text_of(*state), "r: error: sink out: line 0\n"
                                         "r: error: sink out: line 1\n"
                                         "r: sink out: again (3 similar lines were suppressed)\n"
                                         "r: sink out: and again\n");
}

static void levels_have_names(void **state)
{
    (void)text_of(*state);
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
        assert_int_equal(log_level_find(log_level_name((enum log_level)level)), level);
    assert_int_equal(log_level_find("loud"), -1);
    log_set_level(LOG_LEVEL_WARNING);
    assert_int_equal(log_get_level(), LOG_LEVEL_WARNING);
}

static void levels_above_the_highest_are_left_out(void **state)
{
    log_open("ringmill", LOG_LEVEL_WARNING);
    log_error("1");
    log_warning("2");
    log_info("3");
    log_debug("4");
    log_open("ringmill", LOG_LEVEL_ERROR);
    log_warning("5");
    log_error("6");
    assert_string_equal(text_of(*state),
                        "ringmill: error: 1\nringmill: warning: 2\nringmill: error: 6\n");
}

static void long_lines_are_cut_and_still_end(void **state)
{
    char words[2 * LINE_BYTES];
    const char *text;

    memset(words, 'x', sizeof(words));
    words[sizeof(words) - 1] = '\0';
    log_open("ringmill", LOG_LEVEL_INFO);
    log_error("%s", words);
    log_info("next");
    text = text_of(*state);
    assert_memory_equal(text, "ringmill: error: xxx", 20);
    assert_ptr_equal(strchr(text, '\n'), text + LINE_BYTES - 2);
    assert_string_equal(text + LINE_BYTES - 1, "ringmill: next\n");
}

enum { WRITERS = 4, LINES = 200 };

static void *write_lines(void *data)
{
    const char *letter = data;
    char words[101];

    memset(words, *letter, sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    for (int i = 0; i < LINES; i++)
        log_info("%s", words);
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static const char letters[] = "abcd";
    pthread_t threads[WRITERS];
    int lines = 0;
    char *rest;

    log_open("r", LOG_LEVEL_INFO);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, (void *)&letters[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    rest = (char *)text_of(*state);
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        char one[] = {line[3], '\0'};

        assert_memory_equal(line, "r: ", 3);
        assert_int_equal(strlen(line), 103);
        assert_int_equal(strspn(line + 3, one), 100);
    }
    assert_int_equal(lines, WRITERS * LINES);
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAPTURED(plain_lines_say_program_and_level),
        CAPTURED(nothing_in_a_line_is_a_command),
        CAPTURED(another_journal_stream_is_not_believed),
        CAPTURED(a_line_may_be_about_something),
        CAPTURED(limited_lines_say_what_was_left_out),
        CAPTURED(levels_have_names),
        CAPTURED(levels_above_the_highest_are_left_out),
        CAPTURED(long_lines_are_cut_and_still_end),
        CAPTURED(lines_of_several_threads_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
