// SPDX-License-Identifier: Apache-2.0

/* Preloaded into ringmilld: counts the calls by which a start changes something or waits for the
 * kernel, and sends the process a signal just before one of them.
 *
 *     SIGNALLER_AT=17 SIGNALLER_SIGNAL=15    before the 17th
 *     SIGNALLER_AT=0                         never; says "calls N" when the daemon is ready
 *     SIGNALLER_HOLD=FILE                    links are not released as long as the file is there
 *     SIGNALLER_HOLD_ATTACH=FILE             nor is anything attached to an event of perf's */

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
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

/* Waits as long as the file is there that the variable names. */
static void wait_gone(const char *variable)
{
    const char *path = getenv(variable);
    const struct timespec pause = {.tv_nsec = 1000 * 1000};

    while (path && access(path, F_OK) == 0)
        nanosleep(&pause, NULL);
}

static void hold_attach(long which)
{
    if (which == SYS_perf_event_open)
        wait_gone("SIGNALLER_HOLD_ATTACH");
}

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The arguments of calls that take up to six, whatever they are. */
#define FORWARD(type, name, first_type, first, before)                                        \
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
        before;                                                                               \
        return ((type(*)(first_type, long, long, long, long, long, long))atomic_load(&next))( \
            first, values[0], values[1], values[2], values[3], values[4], values[5]);         \
    }

FORWARD(long, syscall, long, which, hold_attach(which))
FORWARD(int, ioctl, int, fd, (void)0)
FORWARD(int, open, const char *, path, (void)0)
FORWARD(int, openat, int, folder, (void)0)
FORWARD(int, mkdir, const char *, path, (void)0)
FORWARD(int, unlink, const char *, path, (void)0)
FORWARD(int, rename, const char *, from, (void)0)
FORWARD(int, socket, int, domain, (void)0)
FORWARD(int, bind, int, fd, (void)0)
FORWARD(int, flock, int, fd, (void)0)
FORWARD(int, epoll_ctl, int, set, (void)0)
FORWARD(int, pthread_create, void *, thread, (void)0)

/* ---- a kernel that takes its time to release links ------------------------------------------- */

static void hold_link(int fd)
{
    char path[32], target[32] = "";

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (getenv("SIGNALLER_HOLD") && readlink(path, target, sizeof(target) - 1) > 0 &&
        strcmp(target, "anon_inode:bpf_link") == 0)
        wait_gone("SIGNALLER_HOLD");
}

VISIBLE int own_close(int fd) __asm__("close");
int own_close(int fd)
{
    static _Atomic(void *) next;

    if (!atomic_load(&next))
        atomic_store(&next, find("close"));
    hold_link(fd);
    return ((int (*)(int))atomic_load(&next))(fd);
}

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
