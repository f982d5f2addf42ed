// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* System calls at tp_btf/sys_exit, which sees those of 64-bit and of 32-bit programs; the
 * tracepoints syscalls/sys_exit_NAME are for the former only. At exit the registers are as they
 * were at entry, but for the one that holds the result.
 *
 * The program runs at the end of every system call of the machine, so it compares the number first:
 *
 *     enum { MY_RMDIR = 1, MY_UNLINK };
 *
 *     switch (syscall_number(regs)) ... */

#include "core.bpf.h"

struct syscall_arguments {
    unsigned long of[5];
};

#if defined(__TARGET_ARCH_x86)

enum {
    SYSCALL_X32 = 0x40000000, /* __X32_SYSCALL_BIT: the numbers are those of x86_64 otherwise */
    SYSCALL_TS_COMPAT = 0x2,
};

static __always_inline __u32 syscall_number(const struct pt_regs *regs)
{
    return (__u32)regs->orig_ax & ~SYSCALL_X32;
}

/* Whether the current system call is one of 32 bits: then the number has another meaning. */
static __always_inline _Bool syscall_is_compat(void)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    return (task->thread_info.status & SYSCALL_TS_COMPAT) != 0;
}

static __always_inline void syscall_arguments_read(const struct pt_regs *regs, _Bool is_compat,
                                                   struct syscall_arguments *to)
{
    if (is_compat) {
        to->of[0] = (__u32)regs->bx;
        to->of[1] = (__u32)regs->cx;
        to->of[2] = (__u32)regs->dx;
        to->of[3] = (__u32)regs->si;
        to->of[4] = (__u32)regs->di;
    } else {
        to->of[0] = regs->di;
        to->of[1] = regs->si;
        to->of[2] = regs->dx;
        to->of[3] = regs->r10;
        to->of[4] = regs->r8;
    }
}

#elif defined(__TARGET_ARCH_arm64)

enum { SYSCALL_TIF_32BIT = 22 };

static __always_inline __u32 syscall_number(const struct pt_regs *regs)
{
    return regs->syscallno;
}

static __always_inline _Bool syscall_is_compat(void)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    return (task->thread_info.flags >> SYSCALL_TIF_32BIT) & 1;
}

/* The result overwrites the first argument, which the kernel keeps aside, in orig_x0. */
static __always_inline void syscall_arguments_read(const struct pt_regs *regs, _Bool is_compat,
                                                   struct syscall_arguments *to)
{
    __u64 mask = is_compat ? 0xffffffff : ~0ull;

    to->of[0] = regs->orig_x0 & mask;
    to->of[1] = regs->regs[1] & mask;
    to->of[2] = regs->regs[2] & mask;
    to->of[3] = regs->regs[3] & mask;
    to->of[4] = regs->regs[4] & mask;
}

#endif
