// SPDX-License-Identifier: Apache-2.0

/* One eventfd and four counters, which is all that a handler may touch. Why not signalfd(2): it
 * needs the signals blocked, children would inherit that, and a signal would not interrupt what the
 * main thread waits for. */

#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SIGNALS = 4 };

static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

static atomic_int bell = -1;
static _Atomic uint32_t ends;
static atomic_bool reload, reopen;
static atomic_bool hangup_ends_too;
static bool caught[SIGNALS];

static void on_signal(int number)
{
    uint64_t one = 1;
    int saved = errno;

    if (number == SIGUSR1)
        atomic_store(&reopen, true);
    else if (number == SIGHUP && !atomic_load(&hangup_ends_too))
        atomic_store(&reload, true);
    else
        atomic_fetch_add(&ends, 1);
    if (write(atomic_load(&bell), &one, sizeof(one)) < 0)
        errno = 0; /* it is readable already */
    errno = saved;
}

static int catch_one(int index)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (caught[index])
        return 0;
    sigfillset(&action.sa_mask);
    if (sigaction(numbers[index], &action, NULL) < 0)
        return -errno;
    caught[index] = true;
    return 0;
}

static int make_bell(void)
{
    int fd;

    if (atomic_load(&bell) >= 0)
        return 0;
    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    atomic_store(&bell, fd);
    return 0;
}

int signals_remember(void)
{
    int result = make_bell();

    for (int i = 2; i < SIGNALS && result == 0; i++)
        result = catch_one(i);
    return result;
}

int signals_catch(bool hangup_ends)
{
    int result = make_bell();

    atomic_store(&hangup_ends_too, hangup_ends);
    for (int i = 0; i < SIGNALS && result == 0; i++)
        result = catch_one(i);
    return result;
}

int signals_fd(void)
{
    return atomic_load(&bell);
}

void signals_hear(void)
{
    uint64_t times;

    while (read(atomic_load(&bell), &times, sizeof(times)) < 0 && errno == EINTR)
        ;
}

uint32_t signals_ends(void)
{
    return atomic_load(&ends);
}

bool signals_take_reload(void)
{
    return atomic_exchange(&reload, false);
}

bool signals_take_reopen(void)
{
    return atomic_exchange(&reopen, false);
}
