// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Types by which a number says what it means: ringmill knows them by these names, also in programs
 * of others (docs/schemas.md, Meanings). A typedef keeps the number and shows its name beside it
 * (error: 2, error_name: "ENOENT"); an enum is shown by its name alone. Either way the names work
 * in expressions: error == ENOENT, state == TCP_CLOSE. Sources share these instead of copies. */

#include <linux/types.h>

typedef __u64 boottime_t; /* ns since boot, suspended time included */
typedef __s32 errno_t;    /* 0: success; of either sign */
typedef __s32 signal_t;   /* 0: none */
typedef __s64 syscall_t;
typedef __u32 open_flags_t; /* of open(2) */
typedef __u32 mode_t;       /* of a file: its type and permissions */
typedef __u32 capability_t;
typedef __u64 capabilities_t; /* a bit per capability */
typedef __u8 ip_proto_t;
typedef __u8 tcp_flags_t;
typedef __u64 mmap_prot_t;
typedef __u64 mmap_flags_t;
typedef __u64 clone_flags_t;

enum tcp_state {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT,
    TCP_SYN_RECV,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_TIME_WAIT,
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_LAST_ACK,
    TCP_LISTEN,
    TCP_CLOSING,
    TCP_NEW_SYN_RECV,
    TCP_BOUND_INACTIVE,
};

enum address_family {
    AF_UNSPEC,
    AF_UNIX,
    AF_INET,
    AF_INET6 = 10,
    AF_NETLINK = 16,
    AF_PACKET,
};

/* Those of x86 and arm64; without names: the real-time ones, from 32 on. */
enum signal_number {
    SIGHUP = 1,
    SIGINT,
    SIGQUIT,
    SIGILL,
    SIGTRAP,
    SIGABRT,
    SIGBUS,
    SIGFPE,
    SIGKILL,
    SIGUSR1,
    SIGSEGV,
    SIGUSR2,
    SIGPIPE,
    SIGALRM,
    SIGTERM,
    SIGSTKFLT,
    SIGCHLD,
    SIGCONT,
    SIGSTOP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGXCPU,
    SIGXFSZ,
    SIGVTALRM,
    SIGPROF,
    SIGWINCH,
    SIGIO,
    SIGPWR,
    SIGSYS,
};
