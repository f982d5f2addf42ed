// SPDX-License-Identifier: Apache-2.0

/* Preloaded into ringmilld: counts the calls by which a start changes something or waits for the
 * kernel, and sends the process a signal just before one of them.
 *
 *     SIGNALLER_AT=17 SIGNALLER_SIGNAL=15    before the 17th
 *     SIGNALLER_AT=0                         never; says "calls N" when the daemon is ready */

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

static atomic_int calls;
static int wanted = -1, number;

static void count(void)
{
    if (wanted < 0) {
        const char *at = getenv("SIGNALLER_AT"), *which = getenv("SIGNALLER_SIGNAL");

        number = which ? atoi(which) : SIGTERM;
        wanted = at ? atoi(at) : 0;
    }
    if (atomic_fetch_add(&calls, 1) + 1 == wanted)
        kill(getpid(), number);
}

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The arguments of calls that take up to six, whatever they are. */
#define FORWARD(type, name, first_type, first)                                                \
    VISIBLE type own_##name(first_type first, ...) __asm__(#name);                            \
    type own_##name(first_type first, ...)                                                    \
    {                                                                                         \
        static _Atomic(void *) next;                                                          \
        long values[6];                                                                       \
        va_list list;                                                                         \
                                                                                              \
        if (!atomic_load(&next))                                                              \
            atomic_store(&next, find(#name));                                                 \
        va_start(list, first);                                                                \
        for (int i = 0; i < 6; i++)                                                           \
            values[i] = va_arg(list, long);                                                   \
        va_end(list);                                                                         \
        count();                                                                              \
        return ((type(*)(first_type, long, long, long, long, long, long))atomic_load(&next))( \
            first, values[0], values[1], values[2], values[3], values[4], values[5]);         \
    }

FORWARD(long, syscall, long, which)
FORWARD(int, ioctl, int, fd)
FORWARD(int, open, const char *, path)
FORWARD(int, openat, int, folder)
FORWARD(int, mkdir, const char *, path)
FORWARD(int, unlink, const char *, path)
FORWARD(int, rename, const char *, from)
FORWARD(int, socket, int, domain)
FORWARD(int, bind, int, fd)
FORWARD(int, flock, int, fd)
FORWARD(int, epoll_ctl, int, set)
FORWARD(int, pthread_create, void *, thread)

VISIBLE int sd_notify(int unset, const char *state);
int sd_notify(int unset, const char *state)
{
    int (*next)(int, const char *);

    *(void **)&next = find("sd_notify");
    count();
    if (wanted == 0 && strstr(state, "READY=1"))
        fprintf(stderr, "calls %d\n", atomic_load(&calls));
    return next(unset, state);
}
