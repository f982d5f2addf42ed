// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The processor's own counter of time: one instruction to read, where asking the kernel's clock
 * takes some ten of them. It runs at a constant speed on every processor that ringmill runs on, but
 * nobody promises that it does in a virtual machine that moves: check with a clock what follows
 * from it. */

#include <stdint.h>

/* Any thread. */
static inline uint64_t cycles_now(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
#else
#error "this processor's counter is not known here"
#endif
}

/* How many of them a nanosecond has. Measures for a millisecond or so. Any thread. */
double cycles_per_ns(void);
