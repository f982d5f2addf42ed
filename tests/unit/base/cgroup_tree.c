// SPDX-License-Identifier: Apache-2.0

/* A tree of directories stands in for one of cgroups; what the machine has is walked, too. */

#include "base/cgroup_tree.h"

#include <err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
    uint32_t count;
    bool rooted;
    char paths[1024];
    const char *root;
};

/* Each id is the inode number of what the path leads to. */
static void visit(void *data, uint64_t id, const char *path, uint32_t length)
{
    struct seen *seen = data;
    char whole[1024];
    struct stat info;

    snprintf(whole, sizeof(whole), "%s%.*s", seen->root, (int)length, path);
    if (stat(whole, &info) == 0)
        assert_int_equal(info.st_ino, id);
    seen->count++;
    seen->rooted = seen->rooted || (length == 1 && *path == '/');
    if (strlen(seen->paths) + length + 2 < sizeof(seen->paths))
        sprintf(seen->paths + strlen(seen->paths), "%.*s\n", (int)length, path);
}

static void make(const char *root, const char *path)
{
    char whole[4096];

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    assert_int_equal(mkdir(whole, 0755), 0);
}

static void walks(void **state)
{
    char root[] = "/tmp/cgroup_tree.XXXXXX";
    struct seen seen = {.root = root};
    char command[64];
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(root));
    make(root, "/system.slice");
    make(root, "/system.slice/cron.service");
    make(root, "/user.slice");
    snprintf(command, sizeof(command), "%s/cgroup.procs", root);
    file = fopen(command, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(cgroup_tree_walk(root, visit, &seen), 0);
    assert_int_equal(seen.count, 4);
    assert_true(seen.rooted);
    assert_non_null(strstr(seen.paths, "/system.slice\n"));
    assert_non_null(strstr(seen.paths, "/system.slice/cron.service\n"));
    assert_non_null(strstr(seen.paths, "/user.slice\n"));
    snprintf(command, sizeof(command), "rm -r %s", root);
    assert_int_equal(system(command), 0);
    assert_true(cgroup_tree_walk(root, visit, &seen) < 0);
}

/* Paths that are too long, and what lies below them, are passed over. */
static void too_long(void **state)
{
    char root[] = "/tmp/cgroup_tree.XXXXXX", path[1024] = "", command[64];
    struct seen seen = {.root = root};
    uint32_t fits = 0;

    (void)state;
    assert_non_null(mkdtemp(root));
    for (int i = 0; i < 6; i++) {
        sprintf(path + strlen(path), "/%0120d", i);
        fits += strlen(path) <= CGROUP_PATH_MAX;
        make(root, path);
    }
    assert_int_equal(cgroup_tree_walk(root, visit, &seen), 0);
    assert_int_equal(seen.count, 1 + fits);
    snprintf(command, sizeof(command), "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static void this_machine(void **state)
{
    const char *root = cgroup_tree_root();
    struct seen seen = {.root = root};

    (void)state;
    if (!root)
        errx(77, "skipped: no cgroups are mounted"); /* ctest does not see cmocka's skip() */
    assert_int_equal(cgroup_tree_walk(root, visit, &seen), 0);
    assert_true(seen.rooted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks),
        cmocka_unit_test(too_long),
        cmocka_unit_test(this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
