// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child, since it takes the standard descriptors away. */
static void closed_descriptors_get_an_owner(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        process_setup();
        _exit(fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0 ||
              (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) != O_RDONLY ||
              write(STDERR_FILENO, "", 0) < 0 || open("/dev/null", O_RDONLY) <= STDERR_FILENO);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void as_many_files_as_allowed(void **state)
{
    struct rlimit files;

    (void)state;
    process_setup();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_true(files.rlim_cur == files.rlim_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_descriptors_get_an_owner),
        cmocka_unit_test(as_many_files_as_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
