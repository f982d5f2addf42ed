// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHORT_NS = 1000 * 1000 };
#define LONG_NS (UINT64_C(20) * 1000 * 1000 * 1000)

struct blocked_read {
    int pipe[2];
    ssize_t result;
    int error;
};

static void *read_pipe(void *data)
{
    struct blocked_read *blocked = data;
    char byte;

    blocked->result = read(blocked->pipe[0], &byte, 1);
    blocked->error = errno;
    return NULL;
}

static void start_reading(struct blocked_read *blocked, pthread_t *thread)
{
    assert_int_equal(pipe(blocked->pipe), 0);
    assert_int_equal(thread_start(thread, "reader", read_pipe, blocked), 0);
}

static void close_pipe(struct blocked_read *blocked)
{
    close(blocked->pipe[0]);
    close(blocked->pipe[1]);
}

static void join_gives_up_on_a_thread_that_runs(void **state)
{
    struct blocked_read blocked;
    pthread_t thread;

    (void)state;
    start_reading(&blocked, &thread);
    assert_false(thread_join(thread, 0));
    assert_false(thread_join(thread, SHORT_NS));
    assert_int_equal(write(blocked.pipe[1], "x", 1), 1);
    assert_true(thread_join(thread, LONG_NS));
    assert_int_equal(blocked.result, 1);
    close_pipe(&blocked);
}

/* A nanosecond part that carries into the seconds, whatever the clock shows. */
static void join_takes_any_time(void **state)
{
    struct blocked_read blocked;
    pthread_t thread;

    (void)state;
    start_reading(&blocked, &thread);
    assert_int_equal(write(blocked.pipe[1], "x", 1), 1);
    assert_true(thread_join(thread, LONG_NS + 999999999));
    close_pipe(&blocked);
}

static void interrupt_ends_a_blocked_call(void **state)
{
    struct blocked_read blocked;
    pthread_t thread;

    (void)state;
    thread_setup_interrupt();
    start_reading(&blocked, &thread);
    do
        thread_interrupt(thread); /* one that came too early is lost: repeat */
    while (!thread_join(thread, SHORT_NS));
    assert_int_equal(blocked.result, -1);
    assert_int_equal(blocked.error, EINTR);
    close_pipe(&blocked);
}

static void *look_at_myself(void *data)
{
    sigset_t *blocked = data;

    pthread_sigmask(SIG_BLOCK, NULL, blocked);
    return NULL;
}

static void all_signals_but_the_interrupt_are_blocked(void **state)
{
    sigset_t before, after, inside;
    pthread_t thread;

    (void)state;
    sigemptyset(&inside);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(thread_start(&thread, "mask", look_at_myself, &inside), 0);
    assert_true(thread_join(thread, LONG_NS));
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(sigismember(&inside, THREAD_INTERRUPT_SIGNAL), 0);
    assert_int_equal(sigismember(&inside, SIGINT), 1);
    assert_int_equal(sigismember(&inside, SIGTERM), 1);
    assert_int_equal(sigismember(&inside, SIGHUP), 1);
    assert_int_equal(sigismember(&inside, SIGUSR1), 1);
    assert_int_equal(sigismember(&inside, SIGPIPE), 1);
    for (int number = 1; number < SIGRTMIN; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

static void a_thread_has_its_name(void **state)
{
    struct blocked_read blocked;
    char name[16] = "";
    pthread_t thread;

    (void)state;
    start_reading(&blocked, &thread);
    assert_int_equal(pthread_getname_np(thread, name, sizeof(name)), 0);
    assert_string_equal(name, "reader");
    assert_int_equal(write(blocked.pipe[1], "x", 1), 1);
    assert_true(thread_join(thread, LONG_NS));
    close_pipe(&blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join_gives_up_on_a_thread_that_runs),
        cmocka_unit_test(join_takes_any_time),
        cmocka_unit_test(interrupt_ends_a_blocked_call),
        cmocka_unit_test(all_signals_but_the_interrupt_are_blocked),
        cmocka_unit_test(a_thread_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
