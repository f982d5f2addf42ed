// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the programs here read of the kernel, in place of a vmlinux.h that is made of one kernel's
 * BTF: libbpf moves each access to where the running kernel has the member. */

#define __VMLINUX_H__ /* <bpf/bpf_tracing.h>: registers have the kernel's names */

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#ifndef __TARGET_ARCH_x86
#include <linux/ptrace.h>
#endif

/* <bpf/bpf_tracing.h> gives each program a context, whether it uses that or not */
#pragma clang diagnostic ignored "-Wunused-parameter"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#ifdef __TARGET_ARCH_x86
struct pt_regs {
    unsigned long r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, sp, bp;
};
#endif

struct filename {
    const char *name;
};

struct inode {
    unsigned long i_ino;
};

struct qstr {
    const unsigned char *name;
};

struct dentry {
    struct qstr d_name;
    struct inode *d_inode;
};

struct path {
    struct dentry *dentry;
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    unsigned int f_flags;
};

struct linux_binprm {
    const char *filename;
    unsigned long p; /* the top of the new stack */
    int argc;
};

struct task_struct {
    int tgid;
    struct task_struct *real_parent;
};

struct socket;

#pragma clang attribute pop

typedef int pid_t;

enum { EPERM = 1, EACCES = 13 };
