// SPDX-License-Identifier: Apache-2.0
/* One holder at a time, while files of the lock's name come and go. */
#include "ring/lock_file.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 2000 };

static char folder[] = "/tmp/ringmill-lock-file-XXXXXX";
static char path[64];
static atomic_int holders;
static atomic_int most;

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/lock", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void the_file_goes_with_its_holder(void **state)
{
    int first, second;

    (void)state;
    assert_int_equal(lock_file_take(path, &first), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(lock_file_take(path, &second), -EWOULDBLOCK);
    close(second);
    lock_file_leave(path, first);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(lock_file_take(path, &second), 0);
    lock_file_leave(path, second);
}

/* Who has opened it before its holder left holds the lock of a file without a name. */
static void a_lock_without_a_name_is_none(void **state)
{
    int first, early, second;

    (void)state;
    assert_int_equal(lock_file_take(path, &first), 0);
    early = open(path, O_RDWR | O_CLOEXEC);
    lock_file_leave(path, first);
    assert_int_equal(flock(early, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(lock_file_take(path, &second), 0);
    lock_file_leave(path, early); /* is not that one's to remove */
    assert_int_equal(access(path, F_OK), 0);
    lock_file_leave(path, second);
}

static void *take_and_leave(void *data)
{
    int fd, result;

    (void)data;
    for (int i = 0; i < ROUNDS; i++) {
        result = lock_file_take(path, &fd);
        if (result == 0) {
            int now = atomic_fetch_add(&holders, 1) + 1;

            if (now > atomic_load(&most))
                atomic_store(&most, now);
            atomic_fetch_sub(&holders, 1);
            lock_file_leave(path, fd);
        } else {
            close(fd);
        }
    }
    return NULL;
}

static void there_is_one_holder_at_a_time(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_leave, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(most, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_goes_with_its_holder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_without_a_name_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_one_holder_at_a_time, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
