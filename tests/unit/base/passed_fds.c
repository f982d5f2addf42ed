// SPDX-License-Identifier: Apache-2.0
#include "base/passed_fds.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child of its own: the numbers of passed descriptors are given, and others may be open. */
static void in_child(const char *names, int count, int (*check)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        char number[32];

        for (int fd = 3; fd < 3 + count; fd++)
            if (dup2(STDERR_FILENO, fd) < 0)
                _exit(100);
        snprintf(number, sizeof(number), "%d", (int)getpid());
        setenv("LISTEN_PID", number, 1);
        snprintf(number, sizeof(number), "%d", count);
        setenv("LISTEN_FDS", number, 1);
        setenv("LISTEN_FDNAMES", names, 1);
        passed_fds_init();
        _exit(check());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Each check returns which of its steps failed. */
static int take_by_name(void)
{
    if (getenv("LISTEN_FDS") || getenv("LISTEN_PID") || getenv("LISTEN_FDNAMES"))
        return 1;
    if (passed_fds_take("metrics") != 4 || passed_fds_take("metrics") != -1)
        return 2;
    if (!(fcntl(4, F_GETFD) & FD_CLOEXEC))
        return 3;
    if (passed_fds_take("ring") != 3 || passed_fds_take("ring") != 6)
        return 4;
    if (!passed_fds_name(0) || passed_fds_name(1))
        return 5;
    if (passed_fds_deinit() != 1 || fcntl(5, F_GETFD) >= 0 || fcntl(4, F_GETFD) < 0)
        return 6;
    return 0;
}

static void are_taken_by_name(void **state)
{
    (void)state;
    in_child("ring:metrics:control:ring", 4, take_by_name);
}

static int take_none(void)
{
    return passed_fds_take("control") != -1 || passed_fds_name(0) || passed_fds_deinit() != 0;
}

static void none_were_passed(void **state)
{
    (void)state;
    in_child("", 0, take_none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_taken_by_name),
        cmocka_unit_test(none_were_passed),
    };

    return cmocka_run_group_tests_name("base/passed_fds", tests, NULL, NULL);
}
