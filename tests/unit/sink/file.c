// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
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
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/load.h"
#include "config/tree.h"
#include "sink/sink_kinds.h"
#include "unit/sink/outcome.h"

static const struct sink_options options = {.name = "out", .framing = FRAMING_LINES};

/* What sink_file's settings are bound into; by its own table, so that it is tested too. */
static const void *bind(const char *path, const char *more)
{
    static struct config_tree *tree;
    static uint64_t bytes[16];
    struct diag diag;
    char text[512];
    int length = snprintf(text, sizeof(text), "{path: %s%s}", path, more);

    assert_true(sink_file.config_size <= sizeof(bytes));
    config_tree_free(tree);
    diag_init(&diag);
    assert_int_equal(config_load_text("t.yaml", text, (size_t)length, &diag, &tree), 0);
    assert_int_equal(setting_bind(sink_file.settings, tree->root, bytes, &diag), 0);
    diag_deinit(&diag);
    return bytes;
}

static const void *config_for(const char *path)
{
    return bind(path, "");
}

static bool disk_fails;

/* Instead of the C library's. */
int fdatasync(int fd)
{
    if (!disk_fails)
        return (int)syscall(SYS_fdatasync, fd);
    errno = EIO;
    return -1;
}

static int folder_syncs;

int fsync(int fd)
{
    struct stat stat_of;

    folder_syncs += fstat(fd, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
    return (int)syscall(SYS_fsync, fd);
}

static time_t clock_ahead;

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int result = (int)syscall(SYS_clock_gettime, id, ret);

    if (id == CLOCK_REALTIME)
        ret->tv_sec += clock_ahead;
    return result;
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

    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", folder->path);
    return system(command);
}

static struct sink *open_sink(const char *path)
{
    struct error error = {0};
    struct sink *sink = NULL;

    assert_int_equal(sink_file.open(config_for(path), &options, &error, &sink), 0);
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

    assert_int_equal(sink_file.open(config_for(path), &options, &error, &sink), code);
    assert_null(sink);
    assert_string_equal(error.text, text);
}

static void says_why_it_cannot_open(void **state)
{
    const struct folder *folder = *state;
    char path[256], text[512];

    refuse("/nowhere/at/all", -ENOENT,
           "cannot open /nowhere/at/all for writing: the folder /nowhere/at does not exist; create "
           "it: mkdir -p /nowhere/at");
    refuse("/", -EISDIR, "cannot open / for writing: Is a directory");
    snprintf(path, sizeof(path), "%s/x", folder->file);
    snprintf(text, sizeof(text), "cannot open %s for writing: Not a directory", path);
    close(open(folder->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    refuse(path, -ENOTDIR, text);
}

static void refuses_what_would_do_nothing(void **state)
{
    const struct folder *folder = *state;
    struct error error = {0};
    const char *key = NULL;

    assert_int_equal(sink_file.check(bind(folder->file, ", keep: 3"), FRAMING_LINES, &error, &key),
                     -EINVAL);
    assert_string_equal(key, "keep");
    assert_string_equal(
        error.text,
        "keep has no effect without rotation; add rotate_size, rotate_every or rotate_events");
    assert_int_equal(
        sink_file.check(bind(folder->file, ", compress: zstd"), FRAMING_LINES, &error, &key),
        -EINVAL);
    assert_string_equal(key, "compress");
    assert_int_equal(sink_file.check(bind(folder->file, ", keep: 3, rotate_every: 1h"),
                                     FRAMING_LINES, &error, &key),
                     0);
}

static void appends(void **state)
{
    const struct folder *folder = *state;
    struct sink *one = open_sink(folder->file);
    struct sink *two;

    assert_int_equal(write_to(one, "one\n", 4), 4);
    sink_file.close(one);
    one = open_sink(folder->file);
    two = open_sink(folder->file);
    assert_int_equal(write_to(one, "two\n", 4), 4);
    assert_int_equal(write_to(two, "three\n", 6), 6);
    assert_int_equal(write_to(one, "four\n", 5), 5);
    expect_content(folder->file, "one\ntwo\nthree\nfour\n");
    assert_int_equal(truncate(folder->file, 0), 0); /* as a log rotation does */
    assert_int_equal(write_to(one, "five\n", 5), 5);
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
static void fill_up_at(rlim_t bytes, struct rlimit *before)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
    limit = *before;
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void make_room(const struct rlimit *before)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, before), 0);
    signal(SIGXFSZ, SIG_DFL);
}

static void takes_whole_events_only(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_sink(folder->file);
    struct rlimit before;
    ssize_t first, second, third;

    fill_up_at(10, &before);
    first = write_to(sink, "one\n", 4);
    second = write_to(sink, "two\nthree\n", 10);
    third = write_to(sink, "three\n", 6);
    make_room(&before);
    assert_int_equal(first, 4);
    assert_int_equal(second, 4);
    assert_int_equal(third, 0);
    expect_content(folder->file, "one\ntwo\n");
    assert_int_equal(write_to(sink, "three\n", 6), 6);
    expect_content(folder->file, "one\ntwo\nthree\n");
    sink_file.close(sink);
}

/* The only way out when the disk is full of this very file. */
static void a_full_file_can_be_moved_away_too(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_sink(folder->file);
    struct rlimit before;
    char moved[128];
    ssize_t results[3];

    snprintf(moved, sizeof(moved), "%s.1", folder->file);
    fill_up_at(6, &before);
    results[0] = write_to(sink, "one\ntwo\n", 8);
    results[1] = write_to(sink, "two\n", 4);
    assert_int_equal(rename(folder->file, moved), 0);
    sink_file.reopen(sink);
    results[2] = write_to(sink, "two\n", 4);
    make_room(&before);
    assert_int_equal(results[0], 4);
    assert_int_equal(results[1], 0);
    assert_int_equal(results[2], 4);
    expect_content(moved, "one\n");
    expect_content(folder->file, "two\n");
    sink_file.close(sink);
}

/* Of a fifo nothing can be taken back: the rest of the event follows before anything else. */
static void the_rest_of_an_event_follows_into_a_fifo(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink;
    char moved[128], bytes[8];
    int end;

    assert_int_equal(mkfifo(folder->file, 0600), 0);
    end = open(folder->file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(end >= 0);
    sink = open_sink(folder->file);
    assert_int_equal(write_to(sink, "one\n", 4), 4);
    snprintf(moved, sizeof(moved), "%s.1", folder->file);
    assert_int_equal(rename(folder->file, moved), 0);
    sink_file.reopen(sink);
    assert_in_range(tend_to(sink), 1, 1001);
    assert_int_equal(write_to(sink, "two\n", 4), 4);
    assert_int_equal(read(end, bytes, sizeof(bytes)), 4);
    expect_content(folder->file, "two\n");
    close(end);
    sink_file.close(sink);
}

static void a_full_device_is_an_error_to_try_again(void **state)
{
    struct sink *sink = open_sink("/dev/full");

    (void)state;
    expect_waiting(sink, "x", strerror(ENOSPC));
    sink_file.close(sink);
}

static void has_no_peer_to_watch(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_sink(folder->file);

    assert_null(sink_file.watch);
    sink_file.close(sink);
    sink_file.close(NULL);
}

static struct sink *open_with(const struct folder *folder, const char *more)
{
    struct error error = {0};
    struct sink *sink = NULL;

    assert_int_equal(sink_file.open(bind(folder->file, more), &options, &error, &sink), 0);
    return sink;
}

static void put(struct sink *sink, const char *text)
{
    assert_int_equal(write_to(sink, text, strlen(text)), strlen(text));
}

struct search {
    const char *name;
    uint64_t value;
};

static void find_row(void *data, const struct row *row, uint64_t value)
{
    struct search *search = data;

    if (strcmp(row->name, search->name) == 0)
        search->value = value;
}

static uint64_t row_of(const struct sink *sink, const char *name)
{
    struct search search = {name, UINT64_MAX};

    sink_file.rows(sink, find_row, &search);
    assert_int_not_equal(search.value, UINT64_MAX);
    return search.value;
}

/* The names in the folder, sorted, and how many. */
static int list(const struct folder *folder, struct dirent ***names)
{
    int count = scandir(folder->path, names, NULL, alphasort);

    assert_true(count >= 2);
    return count - 2; /* . and .. */
}

static int count_files(const struct folder *folder, const char *suffix)
{
    struct dirent **names;
    int count = list(folder, &names) + 2, found = 0;

    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]->d_name);

        found += length > strlen(suffix) &&
                 strcmp(names[i]->d_name + length - strlen(suffix), suffix) == 0;
        free(names[i]);
    }
    free(names);
    return found;
}

static void a_new_file_begins_between_two_chunks_when_this_one_is_long(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", rotate_size: 4KiB");
    char chunk[3001];

    memset(chunk, 'x', 3000);
    chunk[2999] = '\n';
    chunk[3000] = '\0';
    put(sink, chunk);
    put(sink, chunk); /* would be 6,000 bytes: the first 3,000 are rotated away */
    assert_int_equal(row_of(sink, "rotations"), 1);
    assert_int_equal(row_of(sink, "size"), 3000);
    put(sink, "short\n");
    assert_int_equal(row_of(sink, "rotations"), 1);
    assert_int_equal(count_files(folder, "Z"), 1);
    sink_file.close(sink);
}

static void a_new_file_begins_after_so_many_events(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", rotate_events: 2");

    assert_int_equal(write_to(sink, "one\ntwo\nthree\n", 14), 8);
    expect_content(folder->file, "one\ntwo\n");
    put(sink, "three\n");
    assert_int_equal(row_of(sink, "rotations"), 1);
    put(sink, "four\n");
    assert_int_equal(row_of(sink, "rotations"), 1);
    expect_content(folder->file, "three\nfour\n");
    put(sink, "five\n");
    assert_int_equal(row_of(sink, "rotations"), 2);
    expect_content(folder->file, "five\n");
    sink_file.close(sink);
}

static void a_new_file_begins_when_its_time_has_come(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", rotate_every: 1s, fsync: rotate");
    int64_t opened = clock_realtime();

    put(sink, "one\n");
    assert_int_equal(row_of(sink, "syncs"), 0);
    while (clock_realtime() / 1000000000 == opened / 1000000000)
        usleep(1000);
    put(sink, "two\n");
    assert_true(row_of(sink, "rotations") >= 1);
    assert_int_equal(count_files(folder, "Z"), row_of(sink, "rotations"));
    assert_int_equal(row_of(sink, "syncs"), row_of(sink, "rotations"));
    expect_content(folder->file, "two\n");
    sink_file.close(sink);
}

static void a_file_that_cannot_be_renamed_goes_on(void **state)
{
    const struct folder *folder = *state;
    char path[128], chunk[4001];
    struct error error = {0};
    struct sink *sink = NULL;

    /* the rotated name would be longer than a name may be */
    snprintf(path, sizeof(path), "%s/", folder->path);
    memset(chunk, 'n', 250);
    chunk[250] = '\0';
    char *longest = malloc(strlen(path) + 251);
    assert_non_null(longest);
    strcpy(longest, path);
    strcat(longest, chunk);
    assert_int_equal(sink_file.open(bind(longest, ", rotate_size: 4KiB"), &options, &error, &sink),
                     0);
    memset(chunk, 'x', 4000);
    chunk[3999] = '\n';
    chunk[4000] = '\0';
    put(sink, chunk);
    put(sink, chunk);
    put(sink, chunk);
    assert_int_equal(row_of(sink, "rotations"), 0);
    assert_int_equal(row_of(sink, "rotations_failed"), 2);
    assert_int_equal(row_of(sink, "size"), 12000);
    sink_file.close(sink);
    free(longest);
}

/* Waits for the archive's own thread by closing. */
static void rotated_files_are_compressed_and_the_oldest_go(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", rotate_size: 4KiB, keep: 3, compress: zstd");
    char command[256], chunk[4001];

    memset(chunk, 'y', 4000);
    chunk[3999] = '\n';
    chunk[4000] = '\0';
    for (int i = 0; i < 8; i++) {
        put(sink, chunk);
        while (count_files(folder, "Z") > 0)
            usleep(1000); /* until the one rotated before is compressed */
    }
    assert_int_equal(row_of(sink, "rotations"), 7);
    assert_int_equal(row_of(sink, "archive_failed"), 0);
    sink_file.close(sink);
    assert_int_equal(count_files(folder, ".zst"), 3);
    assert_int_equal(count_files(folder, "Z"), 0);
    assert_int_equal(count_files(folder, ".partial"), 0);
    snprintf(command, sizeof(command),
             "cat %s/*.zst | zstd -dc | tr -d 'y\\n' | wc -c | grep -qx 0", folder->path);
    assert_int_equal(system(command), 0);
}

static void a_file_that_was_moved_away_is_opened_anew(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");
    char moved[128];

    put(sink, "before\n");
    snprintf(moved, sizeof(moved), "%s.1", folder->file);
    assert_int_equal(rename(folder->file, moved), 0);
    put(sink, "still there\n"); /* as logrotate expects, until it says so */
    sink_file.reopen(sink);
    tend_to(sink); /* at once, not only with the next event */
    assert_int_equal(access(folder->file, F_OK), 0);
    put(sink, "after\n");
    expect_content(moved, "before\nstill there\n");
    expect_content(folder->file, "after\n");
    sink_file.close(sink);
}

/* Longer than a look before a write is left out. */
static void wait_for_a_look(void)
{
    usleep(20000);
}

static void a_file_that_was_deleted_is_opened_anew(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");

    put(sink, "before\n");
    assert_int_equal(unlink(folder->file), 0);
    wait_for_a_look();
    put(sink, "after\n");
    expect_content(folder->file, "after\n");
    assert_int_equal(row_of(sink, "reopened"), 1);
    assert_int_equal(row_of(sink, "size"), 6);
    put(sink, "more\n");
    assert_int_equal(row_of(sink, "reopened"), 1);
    sink_file.close(sink);
}

/* The path is tried again without an event, and until then the sink is not up. */
static void a_path_that_cannot_be_opened_is_reported_and_tried_again(void **state)
{
    const struct folder *folder = *state;
    char moved[80];
    struct sink *sink = open_with(folder, "");

    snprintf(moved, sizeof(moved), "%s.moved", folder->path);
    assert_int_equal(rename(folder->path, moved), 0);
    sink_file.reopen(sink);
    assert_in_range(tend_to(sink), 1, 1000);
    assert_int_equal(last_state, SINK_WAITING);
    assert_true(strstr(last.why, "does not exist; create it: mkdir -p"));
    assert_int_equal(rename(moved, folder->path), 0);
    assert_int_equal(unlink(folder->file), 0);
    tend_to(sink);
    assert_int_equal(last_state, SINK_ACCEPTED);
    assert_int_equal(access(folder->file, F_OK), 0);
    sink_file.close(sink);
}

static void a_deleted_file_comes_back_without_an_event(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");

    put(sink, "before\n");
    assert_int_equal(unlink(folder->file), 0);
    while (access(folder->file, F_OK) < 0)
        usleep(1000 * (useconds_t)tend_to(sink));
    assert_int_equal(row_of(sink, "reopened"), 1);
    sink_file.close(sink);
}

static void a_file_that_took_its_place_is_written_to(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");
    char moved[128];

    put(sink, "before\n");
    snprintf(moved, sizeof(moved), "%s.1", folder->file);
    assert_int_equal(rename(folder->file, moved), 0);
    close(open(folder->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    wait_for_a_look();
    put(sink, "after\n");
    expect_content(moved, "before\n");
    expect_content(folder->file, "after\n");
    assert_int_equal(row_of(sink, "reopened"), 1);
    sink_file.close(sink);
}

static void a_file_that_was_moved_away_is_left_after_a_while(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");
    char moved[128];

    put(sink, "before\n");
    snprintf(moved, sizeof(moved), "%s.1", folder->file);
    assert_int_equal(rename(folder->file, moved), 0);
    wait_for_a_look();
    put(sink, "still there\n");
    expect_content(moved, "before\nstill there\n");
    while (row_of(sink, "reopened") == 0) {
        usleep(10000);
        tend_to(sink);
    }
    put(sink, "after\n");
    expect_content(moved, "before\nstill there\n");
    expect_content(folder->file, "after\n");
    sink_file.close(sink);
}

static void a_file_that_was_emptied_counts_anew(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");

    put(sink, "before\n");
    assert_int_equal(truncate(folder->file, 0), 0);
    wait_for_a_look();
    put(sink, "after\n");
    assert_int_equal(row_of(sink, "size"), 6);
    assert_int_equal(row_of(sink, "reopened"), 0);
    sink_file.close(sink);
}

/* Once there is nothing to write to, that is an error and no silence. */
static void a_folder_that_is_gone_is_an_error(void **state)
{
    const struct folder *folder = *state;
    char inner[128], path[160];
    struct sink *sink;

    snprintf(inner, sizeof(inner), "%s/inner", folder->path);
    snprintf(path, sizeof(path), "%s/file", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    sink = open_sink(path);
    put(sink, "before\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(inner), 0);
    wait_for_a_look();
    expect_waiting(sink, "after\n", "does not exist");
    assert_int_equal(mkdir(inner, 0700), 0);
    put(sink, "after\n");
    expect_content(path, "after\n");
    sink_file.close(sink);
}

/* By an hour, either way: the next multiple of a second comes within one. */
static void rotation_by_time_follows_the_clock(void **state)
{
    const struct folder *folder = *state;
    static const time_t steps[] = {3600, 0, -3600, 3600 * 24 * 365, 0};
    struct sink *sink = open_with(folder, ", rotate_every: 1s");

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        uint64_t before;

        clock_ahead = steps[i];
        put(sink, "first\n");
        before = row_of(sink, "rotations");
        for (int64_t second = clock_realtime() / 1000000000;
             second == clock_realtime() / 1000000000;)
            usleep(1000);
        put(sink, "second\n");
        assert_int_equal(row_of(sink, "rotations"), before + 1);
        expect_content(folder->file, "second\n");
    }
    clock_ahead = 0;
    sink_file.close(sink);
}

/* And waits until so many rotated files are gone. */
static void write_events(const struct folder *folder, const char *events, uint64_t gone)
{
    struct sink *sink = open_with(folder, ", rotate_events: 1, keep: 2");

    for (const char *at = events; *at; at++) {
        char event[] = {*at, '\n', '\0'};

        put(sink, event);
    }
    while (row_of(sink, "archive_deleted") < gone)
        usleep(1000);
    sink_file.close(sink);
}

static void expect_rotated(const struct folder *folder, const char *events)
{
    char command[256];

    snprintf(command, sizeof(command), "cat %s-* | sort | tr -d '\\n' | grep -qx %s", folder->file,
             events);
    assert_int_equal(system(command), 0);
}

/* Also of files that an earlier daemon has rotated. The first event of each goes into the last file
 * of the one before. */
static void the_newest_stay_whatever_the_clock_says(void **state)
{
    const struct folder *folder = *state;

    clock_ahead = 3600;
    write_events(folder, "abcd", 1);
    expect_rotated(folder, "bc");
    clock_ahead = 0;
    write_events(folder, "ef", 1);
    expect_rotated(folder, "cde");
    clock_ahead = -3600;
    write_events(folder, "ghi", 2);
    expect_rotated(folder, "fgh");
    clock_ahead = 0;
    write_events(folder, "jk", 1);
    expect_rotated(folder, "hij");
}

/* The link stays: it was made on purpose. */
static void rotated_files_lie_beside_what_a_link_leads_to(void **state)
{
    const struct folder *folder = *state;
    char inner[128], target[160];
    struct stat stat_of;
    struct sink *sink;

    snprintf(inner, sizeof(inner), "%s/inner", folder->path);
    snprintf(target, sizeof(target), "%s/real", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    assert_int_equal(symlink("inner/real", folder->file), 0);
    sink = open_with(folder, ", rotate_events: 1");
    put(sink, "one\n");
    put(sink, "two\n");
    assert_int_equal(row_of(sink, "rotations"), 1);
    expect_content(target, "two\n");
    assert_int_equal(lstat(folder->file, &stat_of), 0);
    assert_true(S_ISLNK(stat_of.st_mode));
    assert_int_equal(count_files(folder, "Z"), 0);
    sink_file.close(sink);
}

static void a_new_file_is_in_its_folder_before_it_counts_as_synced(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink;

    folder_syncs = 0;
    sink = open_with(folder, ", fsync: chunk, rotate_events: 1");
    assert_int_equal(folder_syncs, 1);
    put(sink, "one\n");
    assert_int_equal(folder_syncs, 1);
    put(sink, "two\n"); /* into a new one */
    assert_int_equal(folder_syncs, 2);
    sink_file.close(sink);
    folder_syncs = 0;
    sink = open_with(folder, ", fsync: chunk"); /* it is there already */
    put(sink, "three\n");
    sink_file.close(sink);
    assert_int_equal(folder_syncs, 0);
}

static struct sink *open_with_header(const struct folder *folder, const char *header)
{
    struct sink_options with_header = {.name = "out", .framing = FRAMING_LINES, .header = header};
    struct error error = {0};
    struct sink *sink = NULL;

    assert_int_equal(sink_file.open(bind(folder->file, ""), &with_header, &error, &sink), 0);
    return sink;
}

static void other_columns_begin_another_file(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with_header(folder, "a,b\n");

    put(sink, "1,2\n");
    sink_file.close(sink);
    sink = open_with_header(folder, "a,b\n");
    put(sink, "3,4\n");
    assert_int_equal(row_of(sink, "rotations"), 0);
    sink_file.close(sink);
    sink = open_with_header(folder, "b,a\n");
    expect_content(folder->file, "a,b\n1,2\n3,4\n"); /* until there is something to write */
    put(sink, "5,6\n");
    put(sink, "7,8\n");
    assert_int_equal(row_of(sink, "rotations"), 1);
    expect_content(folder->file, "b,a\n5,6\n7,8\n");
    assert_int_equal(count_files(folder, "Z"), 1);
    sink_file.close(sink);
}

static void half_a_line_is_closed_before_the_first_event(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, "");

    put(sink, "whole\n");
    put(sink, "hal");
    sink_file.close(sink);
    sink = open_with(folder, "");
    put(sink, "new\n");
    expect_content(folder->file, "whole\nhal\nnew\n");
    sink_file.close(sink);
}

static void syncs_when_it_is_told_to(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", fsync: chunk");

    put(sink, "one\n");
    put(sink, "two\n");
    assert_int_equal(row_of(sink, "syncs"), 2);
    sink_file.close(sink);
    sink = open_with(folder, ", fsync: interval, fsync_interval: 1h");
    put(sink, "one\n");
    put(sink, "two\n");
    assert_int_equal(row_of(sink, "syncs"), 0); /* the hour begins when it is opened */
    sink_file.close(sink);
    sink = open_with(folder, ", fsync: interval, fsync_interval: 10ms");
    put(sink, "one\n");
    while (row_of(sink, "syncs") == 0) {
        int left = tend_to(sink);

        assert_in_range(left, 1, 1001);
        usleep(1000);
    }
    sink_file.close(sink);
    sink = open_with(folder, "");
    put(sink, "one\n");
    assert_int_equal(row_of(sink, "syncs"), 0);
    sink_file.close(sink);
}

/* The kernel takes pages that it could not write for clean, so they must be written anew. */
static void what_was_not_synced_is_written_again(void **state)
{
    const struct folder *folder = *state;
    struct sink *sink = open_with(folder, ", fsync: chunk");

    put(sink, "one\n");
    disk_fails = true;
    expect_waiting(sink, "two\n", strerror(EIO));
    expect_waiting(sink, "two\n", strerror(EIO));
    expect_content(folder->file, "one\n");
    assert_int_equal(row_of(sink, "syncs_failed"), 2);
    disk_fails = false;
    put(sink, "two\n");
    expect_content(folder->file, "one\ntwo\n");
    assert_int_equal(row_of(sink, "size"), 8);
    sink_file.close(sink);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(says_why_it_cannot_open),
        IN_FOLDER(refuses_what_would_do_nothing),
        IN_FOLDER(appends),
        IN_FOLDER(makes_the_file_for_owner_and_group),
        IN_FOLDER(takes_whole_events_only),
        IN_FOLDER(a_full_file_can_be_moved_away_too),
        IN_FOLDER(the_rest_of_an_event_follows_into_a_fifo),
        IN_FOLDER(a_full_device_is_an_error_to_try_again),
        IN_FOLDER(has_no_peer_to_watch),
        IN_FOLDER(a_new_file_begins_between_two_chunks_when_this_one_is_long),
        IN_FOLDER(a_new_file_begins_after_so_many_events),
        IN_FOLDER(a_new_file_begins_when_its_time_has_come),
        IN_FOLDER(a_file_that_cannot_be_renamed_goes_on),
        IN_FOLDER(rotated_files_are_compressed_and_the_oldest_go),
        IN_FOLDER(a_file_that_was_moved_away_is_opened_anew),
        IN_FOLDER(a_file_that_was_deleted_is_opened_anew),
        IN_FOLDER(a_path_that_cannot_be_opened_is_reported_and_tried_again),
        IN_FOLDER(a_deleted_file_comes_back_without_an_event),
        IN_FOLDER(a_file_that_took_its_place_is_written_to),
        IN_FOLDER(a_file_that_was_moved_away_is_left_after_a_while),
        IN_FOLDER(a_file_that_was_emptied_counts_anew),
        IN_FOLDER(a_folder_that_is_gone_is_an_error),
        IN_FOLDER(rotation_by_time_follows_the_clock),
        IN_FOLDER(the_newest_stay_whatever_the_clock_says),
        IN_FOLDER(rotated_files_lie_beside_what_a_link_leads_to),
        IN_FOLDER(a_new_file_is_in_its_folder_before_it_counts_as_synced),
        IN_FOLDER(other_columns_begin_another_file),
        IN_FOLDER(half_a_line_is_closed_before_the_first_event),
        IN_FOLDER(syncs_when_it_is_told_to),
        IN_FOLDER(what_was_not_synced_is_written_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
