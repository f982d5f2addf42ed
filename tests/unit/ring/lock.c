// SPDX-License-Identifier: Apache-2.0
/* One consumer per ring. */
#include "ring/lock.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static int set_up(void **state)
{
    char parent[] = "/tmp/ringmill-lock-XXXXXX";

    (void)state;
    if (!mkdtemp(parent))
        return -1;
    snprintf(folder, sizeof(folder), "%s/run", parent);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(rmdir(folder), 0); /* no lock stays */
    *strrchr(folder, '/') = '\0';
    return rmdir(folder);
}

static void a_second_owner_is_told_of_the_first(void **state)
{
    struct lock first = {.fd = -1}, second = {.fd = -1};
    struct ringmill_error reason;
    char owner[64];

    (void)state;
    assert_int_equal(lock_take(folder, 7, &reason, &first), 0);
    assert_int_equal(lock_take(folder, 7, &reason, &second), -EBUSY);
    assert_int_equal(second.fd, -1);
    snprintf(owner, sizeof(owner), "ring 7 already has a consumer: process %d (", (int)getpid());
    assert_non_null(strstr(reason.text, owner));
    lock_leave(&first);
    assert_int_equal(lock_take(folder, 7, &reason, &second), 0);
    lock_leave(&second);
    lock_leave(&second);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct ringmill_error reason;
    struct lock lock = {.fd = -1};

    (void)state;
    assert_int_equal(lock_take("/nowhere/at/all", 7, &reason, &lock), -ENOENT);
    assert_non_null(strstr(reason.text, "cannot create the lock folder /nowhere/at/all: "));
    assert_int_equal(lock.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_owner_is_told_of_the_first, set_up, tear_down),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
