// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Which system calls a source is for. It has two tables, which give its own name for a call by the
 * number of the system call: for 64-bit programs and for 32-bit ones.
 *
 *     static const __u8 native_calls[CALL_NUMBERS] = {[__NR_unlinkat] = CALL_UNLINKAT};
 *     static const __u8 compat_calls[CALL_NUMBERS] = {[COMPAT_unlinkat] = CALL_UNLINKAT};
 *
 * A program runs at every system call of the machine; one that is in neither table costs it two
 * loads. */

#include "syscall.bpf.h"

#include <asm/unistd.h>

enum { CALL_NUMBERS = 512 };

/* Newer than some headers; the same on all machines. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

/* Calls of 32-bit programs: of x86, and of 32-bit ARM. */
enum {
    COMPAT_read = 3,
    COMPAT_write = 4,
    COMPAT_close = 6,
    COMPAT_link = 9,
    COMPAT_unlink = 10,
    COMPAT_execve = 11,
    COMPAT_chmod = 15,
    COMPAT_mount = 21,
    COMPAT_rename = 38,
    COMPAT_rmdir = 40,
    COMPAT_umount2 = 52,
    COMPAT_dup2 = 63,
    COMPAT_symlink = 83,
    COMPAT_fchmod = 94,
    COMPAT_readv = 145,
    COMPAT_writev = 146,
    COMPAT_pread64 = 180,
    COMPAT_pwrite64 = 181,
    COMPAT_sendfile = 187,
    COMPAT_lchown32 = 198,
    COMPAT_fchown32 = 207,
    COMPAT_chown32 = 212,
    COMPAT_sendfile64 = 239,
    COMPAT_move_mount = 429,
    COMPAT_close_range = 436,
    COMPAT_mount_setattr = 442,
    COMPAT_fchmodat2 = 452,
#if defined(__TARGET_ARCH_x86)
    COMPAT_pivot_root = 217,
    COMPAT_fchownat = 298,
    COMPAT_unlinkat = 301,
    COMPAT_renameat = 302,
    COMPAT_linkat = 303,
    COMPAT_symlinkat = 304,
    COMPAT_fchmodat = 306,
    COMPAT_splice = 313,
    COMPAT_dup3 = 330,
    COMPAT_preadv = 333,
    COMPAT_pwritev = 334,
    COMPAT_renameat2 = 353,
    COMPAT_execveat = 358,
    COMPAT_copy_file_range = 377,
    COMPAT_preadv2 = 378,
    COMPAT_pwritev2 = 379,
#else
    COMPAT_pivot_root = 218,
    COMPAT_fchownat = 325,
    COMPAT_unlinkat = 328,
    COMPAT_renameat = 329,
    COMPAT_linkat = 330,
    COMPAT_symlinkat = 331,
    COMPAT_fchmodat = 333,
    COMPAT_splice = 340,
    COMPAT_dup3 = 358,
    COMPAT_preadv = 361,
    COMPAT_pwritev = 362,
    COMPAT_renameat2 = 382,
    COMPAT_execveat = 387,
    COMPAT_copy_file_range = 391,
    COMPAT_preadv2 = 392,
    COMPAT_pwritev2 = 393,
#endif
};

/* A system call of the current task, as the source names it. */
struct call {
    __u32 name; /* 0: not one of the source's */
    struct syscall_arguments arguments;
};

/* The mask says to the verifier what the compiler knows, and is hidden from it so that it stays. */
static __always_inline __u32 call_find(const __u8 *native, const __u8 *compat,
                                       const struct pt_regs *registers, struct call *ret)
{
    __u32 number = syscall_number(registers);
    _Bool is_compat;

    ret->name = 0;
    if (number >= CALL_NUMBERS)
        return 0;
    barrier_var(number);
    number &= CALL_NUMBERS - 1;
    if (!(native[number] | compat[number]))
        return 0;
    is_compat = syscall_is_compat();
    ret->name = is_compat ? compat[number] : native[number];
    syscall_arguments_read(registers, is_compat, &ret->arguments);
    return ret->name;
}

#define call_read(registers, ret) call_find(native_calls, compat_calls, (registers), (ret))
