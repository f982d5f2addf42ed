// SPDX-License-Identifier: Apache-2.0

/* Where the processor does not say how fast its counter runs, it is compared with the clock over a
 * stretch in which an interrupt more or less makes no difference that matters. */

#include "base/cycles.h"

#include <time.h>

#include "base/clock.h"

double cycles_per_ns(void)
{
#if defined(__aarch64__)
    uint64_t per_second;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(per_second));
    return (double)per_second / 1e9;
#else
    static const struct timespec pause = {.tv_nsec = 1000000};
    int64_t clock = clock_monotonic();
    uint64_t count = cycles_now();

    nanosleep(&pause, NULL);
    return (double)(cycles_now() - count) / (double)(clock_monotonic() - clock);
#endif
}
