// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers that have names, as programs that trace system calls and sockets carry them: errors of
 * either sign, flags, and an enum of bits. All of them are of the mark's number. */
#include "mark.h"

typedef __u16 umode_t;

enum rights {
    NO_RIGHTS = 0,
    MAY_EXEC = 1,
    MAY_WRITE = 2,
    MAY_READ = 4,
};

struct named {
    __u64 number;
    __u64 start_boottime; /* by convention */
    __u64 taken;
    int result; /* 0 or an error below 0 */
    int sig;
    __u32 flags;
    __u32 nr;
    __u64 clone_flags; /* by convention */
    __u64 caps;
    enum rights rights; /* by convention */
    umode_t mode;       /* by convention */
    __u8 ip_proto;      /* by convention */
    __u8 tcp_flags;     /* by convention */
    int state;
    __u16 family;
    __u16 port;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct named *unused_named __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct named *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->start_boottime = bpf_ktime_get_boot_ns();
    event->taken = event->start_boottime;
    event->result = -(int)number;
    event->sig = (int)number;
    event->flags = (__u32)(number << 6 | (number & 3));
    event->nr = (__u32)number;
    event->clone_flags = number << 8 | 17;
    event->caps = (__u64)1 << (number & 63) | 1;
    event->rights = (enum rights)number;
    event->mode = (umode_t)(0100000 | number);
    event->ip_proto = (__u8)number;
    event->tcp_flags = (__u8)number;
    event->state = (int)number;
    event->family = (__u16)number;
    event->port = 0;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
