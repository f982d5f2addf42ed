// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool told(void)
{
    struct pollfd fd = {.fd = signals_fd(), .events = POLLIN};
    bool readable = poll(&fd, 1, 0) == 1;

    signals_hear();
    return readable;
}

static void config_and_files_are_remembered(void **state)
{
    (void)state;
    assert_int_equal(signals_remember(), 0);
    assert_false(told());
    raise(SIGHUP);
    raise(SIGUSR1);
    raise(SIGHUP);
    assert_true(told());
    assert_false(told());
    assert_true(signals_take_reload());
    assert_false(signals_take_reload());
    assert_true(signals_take_reopen());
    assert_false(signals_take_reopen());
    assert_int_equal(signals_ends(), 0);
}

/* What the child leaves with: nothing has been begun that would have to be undone. */
static void the_end_comes_at_once_at_first(void **state)
{
    int status;
    pid_t child;

    (void)state;
    child = fork();
    if (child == 0) {
        signals_remember();
        raise(SIGTERM);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void what_was_remembered_stays(void **state)
{
    (void)state;
    assert_int_equal(signals_remember(), 0);
    raise(SIGHUP);
    assert_int_equal(signals_catch(false), 0);
    assert_true(told());
    assert_true(signals_take_reload());
}

static void ends_are_counted(void **state)
{
    uint32_t before = signals_ends();

    (void)state;
    assert_int_equal(signals_catch(false), 0);
    raise(SIGTERM);
    raise(SIGINT);
    assert_int_equal(signals_ends(), before + 2);
    assert_true(told());
    assert_int_equal(signals_catch(true), 0);
    raise(SIGHUP);
    assert_int_equal(signals_ends(), before + 3);
    assert_false(signals_take_reload());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_and_files_are_remembered),
        cmocka_unit_test(the_end_comes_at_once_at_first),
        cmocka_unit_test(what_was_remembered_stays),
        cmocka_unit_test(ends_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
