// SPDX-License-Identifier: Apache-2.0

/* The interrupt's handler does nothing: it exists so that the signal neither kills nor restarts the
 * call it interrupts (no SA_RESTART). */

#include "base/thread.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

_Static_assert(THREAD_INTERRUPT_SIGNAL == SIGUSR2, "the signal for thread_interrupt()");

static void on_interrupt(int signal_number)
{
    (void)signal_number;
}

void thread_setup_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(THREAD_INTERRUPT_SIGNAL, &action, NULL);
}

int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *data), void *data)
{
    sigset_t blocked, before;
    int result;

    sigfillset(&blocked);
    sigdelset(&blocked, THREAD_INTERRUPT_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    result = -pthread_create(ret_thread, NULL, run, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_setname_np(*ret_thread, name);
    return result;
}

/* gcc 12's TSan does not know pthread_clockjoin_np() and would take all that follows a join for a
 * race, so its builds join by the wall clock, which may jump. */
#ifdef __SANITIZE_THREAD__
enum { JOIN_CLOCK = CLOCK_REALTIME };

static int join_until(pthread_t thread, const struct timespec *until)
{
    return pthread_timedjoin_np(thread, NULL, until);
}
#else
enum { JOIN_CLOCK = CLOCK_MONOTONIC };

static int join_until(pthread_t thread, const struct timespec *until)
{
    return pthread_clockjoin_np(thread, NULL, JOIN_CLOCK, until);
}
#endif

bool thread_join(pthread_t thread, uint64_t timeout_ns)
{
    struct timespec until;

    clock_gettime(JOIN_CLOCK, &until);
    until.tv_sec += (time_t)(timeout_ns / 1000000000);
    until.tv_nsec += (long)(timeout_ns % 1000000000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return join_until(thread, &until) == 0;
}

void thread_interrupt(pthread_t thread)
{
    pthread_kill(thread, THREAD_INTERRUPT_SIGNAL);
}

/* ---- setup ----------------------------------------------------------------------------------- */

#ifdef RINGMILL_CHECK_SETUP
static atomic_bool setup_runs; /* relaxed, so that it hides no race from TSan */
static _Thread_local uint32_t setup_depth;
static _Thread_local bool setup_allowed;

void thread_begin_setup(void)
{
    assert(setup_allowed || gettid() == getpid());
    if (setup_depth++ == 0 && atomic_exchange_explicit(&setup_runs, true, memory_order_relaxed))
        assert(!"two threads set up at once");
}

void thread_end_setup(void)
{
    if (--setup_depth == 0)
        atomic_store_explicit(&setup_runs, false, memory_order_relaxed);
}

void thread_allow_setup(void)
{
    setup_allowed = true;
}
#else
void thread_begin_setup(void)
{
}

void thread_end_setup(void)
{
}

void thread_allow_setup(void)
{
}
#endif
