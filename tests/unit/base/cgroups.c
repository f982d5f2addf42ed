// SPDX-License-Identifier: Apache-2.0
#include "base/cgroups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const struct cgroups *cgroups, uint64_t id, const char *wanted)
{
    uint32_t length = 0;
    const char *path = cgroups_path(cgroups, id, &length);

    if (!wanted) {
        assert_null(path);
        return;
    }
    assert_non_null(path);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(path, wanted, length);
}

static void paths_come_from_parents(void **state)
{
    _cleanup_(cleanup_cgroups_free) struct cgroups *cgroups = cgroups_new(0);
    struct cgroups_counts counts;

    (void)state;
    assert_true(cgroups_lacks_some(cgroups)); /* nothing was read yet */
    cgroups_set_lacking(cgroups, false);
    cgroups_note(cgroups, 1, "/", 1);
    cgroups_note(cgroups, 1, "/other", 6); /* is known */
    cgroups_make(cgroups, 10, 1, "a", 1);
    cgroups_make(cgroups, 11, 10, "b.service", 9);
    check(cgroups, 1, "/");
    check(cgroups, 10, "/a");
    check(cgroups, 11, "/a/b.service");
    check(cgroups, 12, NULL);
    cgroups_remove(cgroups, 11);
    cgroups_remove(cgroups, 10);
    cgroups_remove(cgroups, 10);
    cgroups_remove(cgroups, 99);
    check(cgroups, 11, "/a/b.service"); /* records may still come */
    assert_false(cgroups_lacks_some(cgroups));
    cgroups_make(cgroups, 20, 19, "c", 1);
    check(cgroups, 20, NULL);
    assert_true(cgroups_lacks_some(cgroups)); /* a walk may find it */
    cgroups_count(cgroups, &counts);
    assert_int_equal(counts.cgroups, 3);
    assert_int_equal(counts.dropped, 0);
    assert_int_equal(counts.unknown, 1);
}

/* Removed ones give way in the order in which they were removed, living ones never do. */
static void full(void **state)
{
    _cleanup_(cleanup_cgroups_free) struct cgroups *cgroups = cgroups_new(4);
    struct cgroups_counts counts;

    (void)state;
    cgroups_note(cgroups, 1, "/", 1);
    cgroups_make(cgroups, 2, 1, "two", 3);
    cgroups_make(cgroups, 3, 1, "three", 5);
    cgroups_make(cgroups, 4, 1, "four", 4);
    cgroups_set_lacking(cgroups, false);
    cgroups_remove(cgroups, 3);
    cgroups_remove(cgroups, 2);
    cgroups_make(cgroups, 5, 1, "five", 4);
    check(cgroups, 3, NULL);
    check(cgroups, 2, "/two");
    cgroups_make(cgroups, 6, 5, "six", 3);
    check(cgroups, 2, NULL);
    check(cgroups, 6, "/five/six");
    assert_false(cgroups_lacks_some(cgroups));
    cgroups_make(cgroups, 7, 1, "seven", 5);
    check(cgroups, 7, NULL);
    assert_true(cgroups_lacks_some(cgroups));
    check(cgroups, 1, "/");
    check(cgroups, 4, "/four");
    cgroups_count(cgroups, &counts);
    assert_int_equal(counts.cgroups, 4);
    assert_int_equal(counts.dropped, 1);
}

static void long_paths(void **state)
{
    _cleanup_(cleanup_cgroups_free) struct cgroups *cgroups = cgroups_new(0);
    char name[255];
    uint32_t length;

    (void)state;
    memset(name, 'x', sizeof(name));
    cgroups_note(cgroups, 1, "/", 1);
    cgroups_make(cgroups, 2, 1, name, sizeof(name));
    cgroups_make(cgroups, 3, 2, name, 239);
    cgroups_make(cgroups, 4, 2, name, 240);
    assert_non_null(cgroups_path(cgroups, 3, &length));
    assert_int_equal(length, 496);
    assert_null(cgroups_path(cgroups, 4, &length));
}

/* Against a plain array: makings and removals in any order, more than there is room for. */
static void random_changes(void **state)
{
    enum { IDS = 3000, ROOM = 500, STEPS = 200000 };
    _cleanup_(cleanup_cgroups_free) struct cgroups *cgroups = cgroups_new(ROOM);
    static bool made[IDS];
    char name[32], path[40];
    uint32_t length;

    (void)state;
    srandom(1);
    cgroups_note(cgroups, 1, "/", 1);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t id = 2 + (uint32_t)random() % (IDS - 2);
        const char *found;

        if (random() % 2) {
            sprintf(name, "n%u", id);
            cgroups_make(cgroups, (uint64_t)id << 32 | id, 1, name, (uint32_t)strlen(name));
            made[id] = true;
        } else {
            cgroups_remove(cgroups, (uint64_t)id << 32 | id);
        }
        id = 2 + (uint32_t)random() % (IDS - 2);
        found = cgroups_path(cgroups, (uint64_t)id << 32 | id, &length);
        sprintf(path, "/n%u", id);
        assert_true(!found ||
                    (made[id] && length == strlen(path) && memcmp(found, path, length) == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_come_from_parents),
        cmocka_unit_test(full),
        cmocka_unit_test(long_paths),
        cmocka_unit_test(random_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
