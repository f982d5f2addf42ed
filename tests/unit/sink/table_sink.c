// SPDX-License-Identifier: Apache-2.0

/* Standard output is the test's own report too, so each test puts it back before it judges. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/sink_kinds.h"
#include "unit/sink/outcome.h"

#define ROW(end, comm) "{\"_start\":\"0\",\"_end\":\"" end "\",\"comm\":\"" comm "\"}\n"

static int replace_stdout(int fd)
{
    int saved;

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    return saved;
}

static void restore_stdout(int saved)
{
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static struct sink *open_table(void)
{
    static const struct sink_options options = {.name = "out", .framing = FRAMING_LINES};
    struct error error = {0};
    struct sink *sink = NULL;

    if (sink_table.open(NULL, &options, &error, &sink) < 0)
        return NULL;
    return sink;
}

static uint32_t count(const char *text, const char *word)
{
    uint32_t found = 0;

    for (const char *at = text; (at = strstr(at, word)); at++)
        found++;
    return found;
}

/* As at a reload: the next sink is opened while the old one is in use. */
static void two_that_are_open_share_nothing(void **state)
{
    static const char one[] = ROW("1", "first"), two[] = ROW("2", "second");
    char shown[1024] = "";
    FILE *file = tmpfile();
    int saved = replace_stdout(fileno(file));
    struct sink *old = open_table(), *next;

    (void)state;
    write_to(old, one, strlen(one));
    next = open_table();
    old->ops->finish(old);
    sink_close(old);
    write_to(next, two, strlen(two));
    next->ops->finish(next);
    sink_close(next);
    restore_stdout(saved);
    rewind(file);
    assert_true(fread(shown, 1, sizeof(shown) - 1, file) > 0);
    fclose(file);
    assert_int_equal(count(shown, "first"), 1);
    assert_int_equal(count(shown, "second"), 1);
}

/* A window that cannot be drawn stays, and the rows after it are passed again. */
static void a_full_disk_loses_and_repeats_no_row(void **state)
{
    static const char rows[] = ROW("1", "alpha") ROW("1", "beta") ROW("2", "gamma");
    static const char last_row[] = ROW("2", "gamma");
    char shown[1024] = "";
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    FILE *file = tmpfile();
    int saved = replace_stdout(full), due;
    struct sink *sink = open_table();
    size_t taken = write_to(sink, rows, strlen(rows));
    enum sink_state states[3] = {last_state};

    (void)state;
    write_to(sink, last_row, strlen(last_row));
    states[1] = last_state;
    do
        due = tend_to(sink);
    while (last_state == SINK_ACCEPTED && due > 0 && usleep(1000 * (useconds_t)due) == 0);
    states[2] = last_state;
    dup2(fileno(file), STDOUT_FILENO);
    write_to(sink, last_row, strlen(last_row));
    sink->ops->finish(sink);
    sink_close(sink);
    restore_stdout(saved);
    close(full);
    rewind(file);
    assert_true(fread(shown, 1, sizeof(shown) - 1, file) > 0);
    fclose(file);
    assert_int_equal(states[0], SINK_ACCEPTED);
    assert_int_equal(taken, strlen(rows) - strlen(last_row));
    assert_int_equal(states[1], SINK_WAITING);
    assert_int_equal(states[2], SINK_WAITING);
    assert_true(due > 0);
    assert_int_equal(count(shown, "alpha"), 1);
    assert_int_equal(count(shown, "beta"), 1);
    assert_int_equal(count(shown, "gamma"), 1);
}

static void refuses_what_is_not_json(void **state)
{
    static const char rows[] = "no row\n" ROW("1", "alpha");
    FILE *file = tmpfile();
    int saved = replace_stdout(fileno(file));
    struct sink *sink = open_table();
    size_t taken = write_to(sink, rows, strlen(rows));

    (void)state;
    sink_close(sink);
    restore_stdout(saved);
    fclose(file);
    assert_int_equal(taken, strlen(rows));
    assert_int_equal(last_state, SINK_REFUSED);
    assert_int_equal(last.refused, 1);
    assert_string_equal(last.why, "they are not JSON that a table can read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_are_open_share_nothing),
        cmocka_unit_test(a_full_disk_loses_and_repeats_no_row),
        cmocka_unit_test(refuses_what_is_not_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
