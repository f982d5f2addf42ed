// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* The socket that a call of accept has returned: no tracepoint gives it, so it is found by its
 * descriptor, in the task's table, when the call returns. 32-bit programs are seen, too; calls by
 * io_uring are not. */

#include "core_file.bpf.h"
#include "socket_owner.bpf.h"
#include "syscall.bpf.h"

enum {
    MODE_TYPE = 0170000,
    MODE_SOCKET = 0140000,
};

/* Whether it is accept or accept4, by the numbers of the kernel's tables: of the machine, and of
 * its 32-bit programs. Of x86, these have one number for all calls of sockets, and accept is one of
 * them by the first argument. */
#if defined(__TARGET_ARCH_x86)
static __always_inline _Bool is_accept(const struct pt_regs *regs)
{
    enum { SOCKETCALL = 102, SOCKETCALL_ACCEPT = 5, SOCKETCALL_ACCEPT4 = 18 };
    __u32 number = syscall_number(regs), call;

    if (number == 43 || number == 288)
        return !syscall_is_compat();
    if (number != SOCKETCALL && number != 364)
        return 0;
    if (!syscall_is_compat())
        return 0;
    call = (__u32)regs->bx;
    return number == 364 || call == SOCKETCALL_ACCEPT || call == SOCKETCALL_ACCEPT4;
}
#else
static __always_inline _Bool is_accept(const struct pt_regs *regs)
{
    __u32 number = syscall_number(regs);

    if (number == 202 || number == 242)
        return !syscall_is_compat();
    return (number == 285 || number == 366) && syscall_is_compat();
}
#endif

/* Another thread may have closed the descriptor meanwhile and opened another file there. NULL: it
 * is not a TCP socket. */
static __always_inline const struct sock *accepted_socket(long fd)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    struct file **files = BPF_CORE_READ(task, files, fdt, fd);
    const struct socket *socket;
    const struct file *file = NULL;
    const struct sock *sock;
    unsigned short family;

    if (fd < 0)
        return NULL;
    bpf_probe_read_kernel(&file, sizeof(file), files + fd);
    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
        return NULL;
    socket = BPF_CORE_READ(file, private_data);
    sock = BPF_CORE_READ(socket, sk);
    family = BPF_CORE_READ(sock, __sk_common.skc_family);
    if ((family != AF_INET && family != AF_INET6) ||
        BPF_CORE_READ(sock, sk_protocol) != PROTOCOL_TCP)
        return NULL;
    return sock;
}
