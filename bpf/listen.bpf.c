// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per TCP socket that begins to listen, in the task that lets it listen. Calls that only
 * change the backlog of a socket that listens make none. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "socket.bpf.h"
#include "wanted.bpf.h"

struct listen_event {
    __u64 ktime;
    struct process_fields;
    struct socket_fields; /* sport 0: not bound, so the kernel chooses a port right after this */
    __u32 backlog;        /* as the kernel has limited it by net.core.somaxconn */
    char texts[];
};

RINGMILL_EVENT(listen_event);
RINGMILL_RING(events, 1 << 18);

SEC("tp_btf/inet_sock_set_state")
int ringmill_listen(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;
    struct listen_event *event;

    if (context->new_state != TCP_LISTEN || sock->sk_protocol != PROTOCOL_TCP || !is_wanted())
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    socket_fill_facts(PROCESS_FIELDS(event), sock, SOCKET_LOADABLE);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_LOADABLE);
    event->backlog = sock->sk_max_ack_backlog;
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
