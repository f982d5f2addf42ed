// SPDX-License-Identifier: Apache-2.0
#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What sink_file's settings are bound into; by its rows, so that they are tested too. */
static const void *config_for(const char *path)
{
    static char bytes[64];

    assert_true(sink_file.config_size <= sizeof(bytes));
    assert_string_equal(sink_file.settings[0].name, "path");
    assert_true(sink_file.settings[0].required);
    assert_null(sink_file.settings[1].name);
    memcpy(bytes + sink_file.settings[0].offset, &path, sizeof(path));
    return bytes;
}

struct folder {
    char path[64];
    char file[96];
};

static int set_up(void **state)
{
    static struct folder folder;

    strcpy(folder.path, "/tmp/ringmill-file-XXXXXX");
    *state = &folder;
    if (!mkdtemp(folder.path))
        return -1;
    snprintf(folder.file, sizeof(folder.file), "%s/events", folder.path);
    return 0;
}

static int tear_down(void **state)
{
    const struct folder *folder = *state;

    unlink(folder->file);
    return rmdir(folder->path);
}

static struct sink *open_sink(const char *path)
{
    struct error error = {0};
    struct sink *sink = NULL;

    assert_int_equal(sink_file.open(config_for(path), &error, &sink), 0);
    assert_string_equal(error.text, "");
    assert_ptr_equal(sink->ops, &sink_file);
    return sink;
}

static void expect_content(const char *path, const char *content)
{
    char bytes[256] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(read(fd, bytes, sizeof(bytes) - 1) >= 0);
    close(fd);
    assert_string_equal(bytes, content);
}

static void refuse(const char *path, int code, const char *text)
{
    struct error error = {0};
    struct sink *sink = NULL;

    assert_int_equal(sink_file.open(config_for(path), &error, &sink), code);
    assert_null(sink);
    assert_string_equal(error.text, text);
}

static void says_why_it_cannot_open(void **state)
{
    const struct folder *folder = *state;
    char path[256], text[512];

    refuse("/nowhere/at/all", -ENOENT,
           "cannot open /nowhere/at/all for writing: No such file or directory");
    refuse("/", -EISDIR, "cannot open / for writing: Is a directory");
    snprintf(path, sizeof(path), "%s/x", folder->file);
    snprintf(text, sizeof(text), "cannot open %s for writing: Not a directory", path);
    close(open(folder->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    refuse(path, -ENOTDIR, text);
}

static void appends(void **state)
{
    const struct folder *folder = *state;
    struct sink *one = open_sink(folder->file);
    struct sink *two;

    assert_int_equal(sink_file.write(one, "one\n", 4), 4);
    sink_file.close(one);
    one = open_sink(folder->file);
    two = open_sink(folder->file);
    assert_int_equal(sink_file.write(one, "two\n", 4), 4);
    assert_int_equal(sink_file.write(two, "three\n", 6), 6);
    assert_int_equal(sink_file.write(one, "four\n", 5), 5);
    expect_content(folder->file, "one\ntwo\nthree\nfour\n");
    assert_int_equal(truncate(folder->file, 0), 0); /* as a log rotation does */
    assert_int_equal(sink_file.write(one, "five\n", 5), 5);
    expect_content(folder->file, "five\n");
    sink_file.close(one);
    sink_file.close(two);
}

static void makes_the_file_for_owner_and_group(void **state)
{
    const struct folder *folder = *state;
    mode_t mask = umask(0);
    struct sink *sink = open_sink(folder->file);
    struct stat status;

    umask(mask);
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    sink_file.close(sink);
}

/* A limit of the process stands for a disk that is nearly full. */
static void says_how_much_it_wrote(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_sink(folder->file);
    struct rlimit before, limit;
    ssize_t first, second, third;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 6;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    first = sink_file.write(sink, "four", 4);
    second = sink_file.write(sink, "five5", 5);
    third = sink_file.write(sink, "ve5", 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(first, 4);
    assert_int_equal(second, 2);
    assert_int_equal(third, -EFBIG);
    expect_content(folder->file, "fourfi");
    sink_file.close(sink);
}

static void a_full_device_is_an_error_to_try_again(void **state)
{
    struct sink *sink = open_sink("/dev/full");

    (void)state;
    assert_int_equal(sink_file.write(sink, "x", 1), -ENOSPC);
    sink_file.close(sink);
}

static void has_no_peer_to_watch(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_sink(folder->file);

    assert_int_equal(sink_file.watch_fd(sink), -1);
    sink_file.close(sink);
    sink_file.close(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(says_why_it_cannot_open),
        IN_FOLDER(appends),
        IN_FOLDER(makes_the_file_for_owner_and_group),
        IN_FOLDER(says_how_much_it_wrote),
        IN_FOLDER(a_full_device_is_an_error_to_try_again),
        IN_FOLDER(has_no_peer_to_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
