// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Numbers that the kernel gives names to. The texts are constants and plain ASCII. Any thread. */

#include <stdint.h>

#include "record/field.h"

/* By number, made from the machine's headers when the daemon is built; bytes is NULL in gaps. */
extern const struct text kernel_names_syscalls[];
extern const uint32_t kernel_names_syscall_count;

/* "openat" of 257, on x86_64; null when no system call has that number. Of the machine's own
 * calling convention: a 32-bit program's numbers are others. */
struct text kernel_names_syscall(uint64_t number);

/* "ENOENT" of 2 and of -2; also those that only the kernel sees, as ERESTARTSYS. Null for all
 * others, and for 0. */
struct text kernel_names_errno(int64_t number);
