// SPDX-License-Identifier: Apache-2.0

/* Preloaded into ringmilld: how long the kernel took for loading and attaching programs until the
 * daemon was ready, as "kernel N us" on standard error. libbpf makes these calls by syscall(2) and
 * ioctl(2) of libc, so they can be timed on their way. */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

__attribute__((visibility("default"))) int sd_notify(int unset, const char *state);
__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...);
__attribute__((visibility("default"))) long syscall(long number, ...);

static atomic_llong spent; /* ns */

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

long syscall(long number, ...)
{
    static long (*next)(long, ...);
    long values[6], result;
    va_list list;
    int64_t began;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        values[i] = va_arg(list, long);
    va_end(list);
    began = now();
    result = next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    if (number == SYS_bpf || number == SYS_perf_event_open)
        atomic_fetch_add(&spent, now() - began);
    return result;
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*next)(int, unsigned long, ...);
    va_list list;
    int64_t began;
    void *value;
    int result;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "ioctl");
    va_start(list, request);
    value = va_arg(list, void *);
    va_end(list);
    began = now();
    result = next(fd, request, value);
    atomic_fetch_add(&spent, now() - began);
    return result;
}

int sd_notify(int unset, const char *state)
{
    static int (*next)(int, const char *);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sd_notify");
    if (strcmp(state, "READY=1") == 0)
        fprintf(stderr, "kernel %lld us\n", (long long)atomic_load(&spent) / 1000);
    return next(unset, state);
}
