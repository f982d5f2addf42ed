// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per TCP connection that a process has accepted, at the return of its system call. */

#include "ringmill.bpf.h"

#include "accepted.bpf.h"
#include "core.bpf.h"
#include "lineage_feed.bpf.h"

struct accept_event {
    __u64 ktime;
    struct process_fields; /* uid, cgroup_id and netns are the socket's */
    struct socket_fields;
    __s32 fd;
    char texts[];
};

RINGMILL_EVENT(accept_event);
RINGMILL_RING(events, 1 << 20);

SEC("tp_btf/sys_exit")
int ringmill_accept(struct sys_exit *context)
{
    const struct sock *sock;
    struct accept_event *event;

    if (!is_accept(context->regs) || !is_wanted())
        return 0;
    sock = accepted_socket(context->result);
    if (!sock)
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    socket_fill_facts(PROCESS_FIELDS(event), sock, SOCKET_READABLE);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_READABLE);
    event->fd = context->result;
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
