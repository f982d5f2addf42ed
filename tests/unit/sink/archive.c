// SPDX-License-Identifier: Apache-2.0
#include "sink/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "unit/sink/peer.h"

static mode_t first_mode;

/* Instead of the C library's: what the file's mode was before. */
int fchmod(int fd, mode_t mode)
{
    struct stat stat_of;

    if (fstat(fd, &stat_of) == 0)
        first_mode = stat_of.st_mode & 0777;
    return (int)syscall(SYS_fchmod, fd, mode);
}

static void make_file(const struct place *place, const char *name, const char *content)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* The names in the folder, sorted, with a space behind each. */
static void expect_names(const struct place *place, const char *expected)
{
    struct dirent **names;
    int count = scandir(place->folder, &names, NULL, alphasort);
    char all[2048] = "";

    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.') {
            strcat(all, names[i]->d_name);
            strcat(all, " ");
        }
        free(names[i]);
    }
    free(names);
    assert_string_equal(all, expected);
}

static void start(struct archive *archive, const struct place *place, bool compress, uint32_t keep)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/log", place->folder);
    assert_int_equal(archive_init(archive, path, compress, keep), 0);
}

static void wait_until_idle(struct archive *archive)
{
    while (atomic_load(&archive->busy))
        usleep(1000);
}

#define FIRST  "log-20261123T014502.000000001Z"
#define SECOND "log-20261123T014502.000000002Z"
#define THIRD  "log-20261123T014503.000000000Z"

static void the_rotated_name_sorts_by_time(void **state)
{
    const struct place *place = *state;
    struct archive archive;

    start(&archive, place, false, 0);
    make_file(place, "log", "one");
    assert_int_equal(archive_move(&archive, INT64_C(1795398302000000001)), 0);
    make_file(place, "log", "two");
    assert_int_equal(archive_move(&archive, INT64_C(1795398302000000002)), 0);
    assert_int_equal(archive_move(&archive, INT64_C(1795398302000000003)), -ENOENT);
    expect_names(place, FIRST " " SECOND " ");
    archive_deinit(&archive);
    archive_deinit(&archive);
}

/* By number first, then by time. */
static void a_clock_that_was_set_back_is_seen_in_the_name(void **state)
{
    static const int64_t times[] = {3, 1, 2, 2, 9};
    const struct place *place = *state;
    struct archive archive;

    make_file(place, "log-20261123T014502.000000005Z.zst", "from before");
    start(&archive, place, false, 0);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (i == 3) { /* the next daemon finds them */
            archive_deinit(&archive);
            start(&archive, place, false, 0);
        }
        make_file(place, "log", "x");
        assert_int_equal(archive_move(&archive, INT64_C(1795398302000000000) + times[i]), 0);
    }
    expect_names(place, "log-20261123T014502.000000001Z-2 log-20261123T014502.000000002Z-2 "
                        "log-20261123T014502.000000002Z-3 log-20261123T014502.000000003Z-1 "
                        "log-20261123T014502.000000005Z.zst log-20261123T014502.000000009Z-3 ");
    archive_deinit(&archive);
}

static void names_that_are_its_own(void **state)
{
    (void)state;
    assert_true(archive_owns_name("log", FIRST));
    assert_true(archive_owns_name("log", FIRST ".zst"));
    assert_true(archive_owns_name("log", FIRST ".zst.partial"));
    assert_true(archive_owns_name("log", FIRST "-1"));
    assert_true(archive_owns_name("log", FIRST "-999999999.zst"));
    assert_false(archive_owns_name("log", "log"));
    assert_false(archive_owns_name("log", FIRST "-"));
    assert_false(archive_owns_name("log", FIRST "-0"));
    assert_false(archive_owns_name("log", FIRST "-01"));
    assert_false(archive_owns_name("log", FIRST "-1x"));
    assert_false(archive_owns_name("log", FIRST "-1000000000"));
    assert_false(archive_owns_name("log", FIRST ".gz"));
    assert_false(archive_owns_name("lo", FIRST));
    assert_false(archive_owns_name(FIRST, FIRST));
}

static void the_oldest_go(void **state)
{
    const struct place *place = *state;
    struct archive archive;

    start(&archive, place, false, 2);
    make_file(place, "log", "now");
    make_file(place, FIRST ".zst", "1");
    make_file(place, SECOND, "2");
    make_file(place, THIRD, "3");
    archive_rotated(&archive);
    wait_until_idle(&archive);
    expect_names(place, "log " SECOND " " THIRD " ");
    assert_int_equal(counter_get(&archive.deleted), 1);
    archive_deinit(&archive);
}

/* Also those that an earlier daemon left, and whatever else lies there stays as it is. */
static void all_that_is_rotated_is_compressed(void **state)
{
    const struct place *place = *state;
    struct archive archive;
    char command[512];
    struct stat stat_of;

    start(&archive, place, true, 0);
    make_file(place, "log", "now");
    make_file(place, FIRST, "first\n");
    make_file(place, SECOND, "");
    make_file(place, THIRD ".zst.partial", "half a frame");
    make_file(place, "log-20261123T014502.00000000xZ", "not ours");
    make_file(place, "login-20261123T014502.000000001Z", "not ours");
    snprintf(command, sizeof(command), "%s/%s", place->folder, FIRST);
    assert_int_equal(chmod(command, 0604), 0);
    archive_rotated(&archive);
    wait_until_idle(&archive);
    expect_names(place, "log " FIRST ".zst " SECOND ".zst "
                        "log-20261123T014502.00000000xZ " THIRD
                        ".zst.partial login-20261123T014502.000000001Z ");
    snprintf(command, sizeof(command), "%s/%s.zst", place->folder, FIRST);
    assert_int_equal(stat(command, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0604);
    snprintf(command, sizeof(command), "zstd -dc %s/%s.zst | grep -qx first", place->folder, FIRST);
    assert_int_equal(system(command), 0);
    assert_int_equal(counter_get(&archive.failed), 0);
    archive_deinit(&archive);
}

static void what_cannot_be_compressed_stays_and_is_counted(void **state)
{
    const struct place *place = *state;
    struct archive archive;
    char path[256];

    start(&archive, place, true, 0);
    make_file(place, FIRST, "first\n");
    snprintf(path, sizeof(path), "%s/%s.zst.partial", place->folder, FIRST);
    assert_int_equal(mkdir(path, 0700), 0); /* in the way */
    archive_rotated(&archive);
    wait_until_idle(&archive);
    assert_int_equal(counter_get(&archive.failed), 1);
    expect_names(place, FIRST " " FIRST ".zst.partial ");
    archive_deinit(&archive);
}

/* Who can open it while it is made reads what comes later. */
static void what_is_half_compressed_is_for_nobody_else(void **state)
{
    const struct place *place = *state;
    struct archive archive;
    mode_t mask = umask(0);
    char path[256];

    first_mode = 0;
    start(&archive, place, true, 0);
    make_file(place, FIRST, "first\n");
    snprintf(path, sizeof(path), "%s/%s", place->folder, FIRST);
    assert_int_equal(chmod(path, 0640), 0);
    archive_rotated(&archive);
    wait_until_idle(&archive);
    umask(mask);
    assert_int_equal(first_mode, 0600);
    expect_names(place, FIRST ".zst ");
    archive_deinit(&archive);
}

/* A kill had left it. */
static void what_is_half_compressed_goes_at_the_start(void **state)
{
    const struct place *place = *state;
    struct archive archive;

    make_file(place, FIRST, "first\n");
    make_file(place, FIRST ".zst.partial", "half a frame");
    make_file(place, SECOND "-3.zst.partial", "half a frame");
    make_file(place, "other-20261123T014502.000000001Z.zst.partial", "not ours");
    start(&archive, place, true, 0);
    archive_clean(&archive);
    expect_names(place, FIRST " other-20261123T014502.000000001Z.zst.partial ");
    make_file(place, FIRST ".zst.partial", "half a frame"); /* or since then */
    archive_rotated(&archive);
    wait_until_idle(&archive);
    assert_int_equal(counter_get(&archive.failed), 0);
    expect_names(place, FIRST ".zst other-20261123T014502.000000001Z.zst.partial ");
    archive_deinit(&archive);
}

/* By a link that is named like one of ours, or instead of the log. */
static void links_are_not_followed(void **state)
{
    const struct place *place = *state;
    struct archive archive;
    char link[256], target[240];

    make_file(place, "target", "precious\n");
    snprintf(target, sizeof(target), "%s/target", place->folder);
    snprintf(link, sizeof(link), "%s/%s", place->folder, FIRST);
    assert_int_equal(symlink(target, link), 0);
    snprintf(link, sizeof(link), "%s/%s.zst.partial", place->folder, SECOND);
    assert_int_equal(symlink(target, link), 0);
    make_file(place, SECOND, "second\n");
    start(&archive, place, true, 0);
    archive_clean(&archive);
    archive_rotated(&archive);
    wait_until_idle(&archive);
    assert_int_equal(counter_get(&archive.failed), 1);
    expect_names(place, FIRST " " SECOND " " SECOND ".zst.partial target ");
    snprintf(link, sizeof(link), "grep -qx precious %.200s", target);
    assert_int_equal(system(link), 0);
    archive_deinit(&archive);
}

/* Each word finds either a thread at work or starts one: none is missed. */
static void no_word_is_missed(void **state)
{
    const struct place *place = *state;
    struct archive archive;

    start(&archive, place, true, 3);
    for (int i = 0; i < 300; i++) {
        char name[64];

        snprintf(name, sizeof(name), "log-20261123T014502.%09dZ", i);
        make_file(place, name, "x");
        archive_rotated(&archive);
    }
    wait_until_idle(&archive);
    archive_rotated(&archive); /* those it deleted meanwhile made it look at an old list */
    wait_until_idle(&archive);
    expect_names(place, "log-20261123T014502.000000297Z.zst log-20261123T014502.000000298Z.zst "
                        "log-20261123T014502.000000299Z.zst ");
    assert_int_equal(counter_get(&archive.deleted), 297);
    archive_deinit(&archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_rotated_name_sorts_by_time),
        IN_PLACE(a_clock_that_was_set_back_is_seen_in_the_name),
        cmocka_unit_test(names_that_are_its_own),
        IN_PLACE(the_oldest_go),
        IN_PLACE(all_that_is_rotated_is_compressed),
        IN_PLACE(what_cannot_be_compressed_stays_and_is_counted),
        IN_PLACE(what_is_half_compressed_is_for_nobody_else),
        IN_PLACE(what_is_half_compressed_goes_at_the_start),
        IN_PLACE(links_are_not_followed),
        IN_PLACE(no_word_is_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
