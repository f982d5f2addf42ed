// SPDX-License-Identifier: Apache-2.0

/* Folders that others can write to, and what they may have put there. Only root can make files of
 * others, so for anybody else the tests of those have nothing to try. */

#include "base/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STRANGER = 54321 };

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ringmill-place-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* "NAME" in the folder; a few may be used at once. */
static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, uid_t owner)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
    close(fd);
}

static void make_link(const char *target, const char *name, uid_t owner)
{
    assert_int_equal(symlink(target, in_folder(name)), 0);
    assert_int_equal(lchown(in_folder(name), owner, (gid_t)-1), 0);
}

static void make_folder(const char *name, mode_t mode, uid_t owner)
{
    assert_int_equal(mkdir(in_folder(name), 0700), 0);
    assert_int_equal(chown(in_folder(name), owner, (gid_t)-1), 0);
    assert_int_equal(chmod(in_folder(name), mode), 0);
}

static struct error error;

/* As a sink does: 0 or -errno, and error. */
static int try(const char *path)
{
    struct file_place place;
    struct stat stat_of;
    int fd = file_place_find(path, &place, &error);

    if (fd < 0)
        return fd;
    fd = file_place_open(&place, place.name, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0640,
                         &stat_of, &error);
    file_place_release(&place);
    assert_int_equal(place.folder, -1);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

static void refused(const char *name, const char *sentence)
{
    assert_true(try(in_folder(name)) < 0);
    assert_string_equal(error.text, sentence);
}

static void what_is_wrong_with_a_path(void **state)
{
    char deep[PATH_MAX], sentence[2 * PATH_MAX];

    (void)state;
    assert_int_equal(try("/"), -EISDIR);
    assert_int_equal(try("//"), -EISDIR);
    assert_int_equal(try(folder), -EISDIR);
    assert_int_equal(try(in_folder("no/file")), -ENOENT);
    snprintf(sentence, sizeof(sentence),
             "the folder %s/no does not exist; create it: mkdir -p %s/no", folder, folder);
    assert_string_equal(error.text, sentence);
    make_file("file", geteuid());
    assert_int_equal(try(in_folder("file/file")), -ENOTDIR);
    assert_int_equal(try(in_folder("file/")), -ENOTDIR);
    make_link("loop", "loop", geteuid());
    assert_int_equal(try(in_folder("loop")), -ELOOP);
    memset(deep, 'x', sizeof(deep));
    deep[0] = '/';
    deep[NAME_MAX + 2] = '\0';
    assert_int_equal(try(deep), -ENAMETOOLONG);
}

static void links_of_our_own_are_followed(void **state)
{
    char target[128];

    (void)state;
    make_folder("real", 0700, geteuid());
    make_link("real", "alias", geteuid());
    snprintf(target, sizeof(target), "%s/./alias/../alias/two", folder);
    make_link("real/one", "first", geteuid());
    make_link(target, "second", geteuid());
    assert_int_equal(try(in_folder("first")), 0);
    assert_int_equal(try(in_folder("second")), 0);
    assert_int_equal(access(in_folder("real/one"), F_OK), 0);
    assert_int_equal(access(in_folder("real/two"), F_OK), 0);
    assert_int_equal(try("/dev/null"), 0);
    assert_int_equal(try("/proc/self/fd/2"), 0);
    assert_int_equal(try("/dev/stderr"), 0);
}

static void links_of_strangers_are_not(void **state)
{
    static const mode_t modes[] = {01777, 0777, 0770};

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        make_folder("open", modes[i], 0);
        make_link("target", "open/link", STRANGER);
        refused("open/link", "the symbolic link link belongs to uid 54321, in a folder that others "
                             "can write to; remove it, or use the path of its target");
        refused("open/link/file", "the symbolic link link belongs to uid 54321, in a folder that "
                                  "others can write to; remove it, or use the path of its target");
        assert_int_equal(access(in_folder("open/target"), F_OK), -1);
        make_link("target", "open/ours", 0);
        assert_int_equal(try(in_folder("open/ours")), 0);
        assert_int_equal(unlink(in_folder("open/link")), 0);
        assert_int_equal(unlink(in_folder("open/ours")), 0);
        assert_int_equal(unlink(in_folder("open/target")), 0);
        assert_int_equal(rmdir(in_folder("open")), 0);
    }
    make_folder("theirs", 0755, STRANGER);
    make_link("target", "theirs/link", STRANGER);
    assert_int_equal(try(in_folder("theirs/link")), -EPERM);
    make_folder("closed", 0755, 0);
    make_link("target", "closed/link", STRANGER);
    assert_int_equal(try(in_folder("closed/link")), 0);
}

static void files_of_strangers_are_not_opened(void **state)
{
    int reader;

    (void)state;
    make_folder("open", 01777, 0);
    make_file("open/file", STRANGER);
    refused("open/file", "file belongs to uid 54321, in a folder that others can write to; remove "
                         "it, or use a folder of your own");
    assert_int_equal(mkfifo(in_folder("open/fifo"), 0600), 0);
    assert_int_equal(chown(in_folder("open/fifo"), STRANGER, (gid_t)-1), 0);
    reader = open(in_folder("open/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(try(in_folder("open/fifo")), -EPERM);
    close(reader);
    make_file("precious", 0);
    assert_int_equal(link(in_folder("precious"), in_folder("open/hard")), 0);
    refused("open/hard", "hard has 2 names (hard links), in a folder that others can write to; "
                         "remove it, or use a folder of your own");
    make_file("open/ours", 0);
    assert_int_equal(try(in_folder("open/ours")), 0);
    assert_int_equal(try(in_folder("open/new")), 0);
    make_folder("closed", 0755, 0);
    make_file("closed/file", STRANGER);
    assert_int_equal(try(in_folder("closed/file")), 0);
    make_folder("theirs", 0755, STRANGER);
    make_file("theirs/file", STRANGER);
    make_file("theirs/other", STRANGER + 1);
    assert_int_equal(try(in_folder("theirs/file")), 0);
    assert_int_equal(try(in_folder("theirs/other")), -EPERM);
}

static void what_a_folder_holds(void **state)
{
    struct file_place place;

    (void)state;
    make_folder("open", 01777, geteuid());
    make_file("open/file", geteuid());
    make_link("file", "open/link", geteuid());
    assert_int_equal(file_place_find(in_folder("open/x"), &place, NULL), 0);
    assert_string_equal(place.name, "x");
    assert_true(file_place_holds(&place, "file"));
    assert_false(file_place_holds(&place, "link"));
    assert_false(file_place_holds(&place, "x"));
    assert_int_equal(file_place_sync(&place), 0);
    file_place_release(&place);
    file_place_release(&place);
}

static void one_file_by_several_paths(void **state)
{
    char path[256], other[256];

    (void)state;
    make_folder("one", 0700, geteuid());
    make_link("one", "link", geteuid());
    snprintf(path, sizeof(path), "%s/one/file", folder);
    snprintf(other, sizeof(other), "%s/./link/../one//file", folder);
    for (int there = 0; there < 2; there++) { /* before and after it is there */
        assert_true(file_place_same(path, path));
        assert_true(file_place_same(path, other));
        assert_false(file_place_same(path, in_folder("one/other")));
        make_file("one/file", geteuid());
    }
    assert_int_equal(link(path, in_folder("hard")), 0);
    assert_true(file_place_same(path, in_folder("hard")));
    make_link("one/file", "soft", geteuid());
    assert_true(file_place_same(path, in_folder("soft")));
    make_link("one/later", "dangling", geteuid());
    assert_true(file_place_same(in_folder("one/later"), in_folder("dangling")));
    assert_true(
        file_place_same(in_folder("no/where/file"), in_folder("link/../no/else/../where/file")));
    assert_false(file_place_same(in_folder("no/where/file"), in_folder("no/file")));
    assert_false(file_place_same("/dev/null", "/dev/null"));
}

static void neighbours(void **state)
{
    char name[NAME_MAX + 1], other[NAME_MAX + 1];

    (void)state;
    make_folder("one", 0700, geteuid());
    make_link("one", "link", geteuid());
    assert_true(file_place_neighbours(in_folder("one/a"), in_folder("link/b"), name, other));
    assert_string_equal(name, "a");
    assert_string_equal(other, "b");
    assert_true(file_place_neighbours(in_folder("no/a"), in_folder("no/b"), name, other));
    assert_false(file_place_neighbours(in_folder("one/a"), in_folder("b"), name, other));
    assert_false(file_place_neighbours(in_folder("no/a"), in_folder("on/b"), name, other));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_wrong_with_a_path),
        IN_FOLDER(links_of_our_own_are_followed),
        IN_FOLDER(links_of_strangers_are_not),
        IN_FOLDER(files_of_strangers_are_not_opened),
        IN_FOLDER(what_a_folder_holds),
        IN_FOLDER(one_file_by_several_paths),
        IN_FOLDER(neighbours),
    };

    if (geteuid() != 0) {
        puts("skipped: only root can make files that belong to others");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
