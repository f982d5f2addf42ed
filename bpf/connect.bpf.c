// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per change of a TCP connection's state, both families, both ends, in all network
 * namespaces. A BTF tracepoint, for the reasons given in exec.bpf.c. Whose connection it is:
 * socket_owner.bpf.h. */

#include "ringmill.bpf.h"

#include "accept_owner.bpf.h"
#include "core.bpf.h"
#include "lineage_feed.bpf.h"

struct connect_event {
    __u64 ktime;
    /* Of the task whose connection it is; uid, cgroup_id and netns are always the socket's. */
    struct process_fields;
    _Bool pid_known; /* false: of the process only uid, cgroup_id and netns are known */
    struct socket_fields;
    enum direction direction;
    enum tcp_state oldstate;
    enum tcp_state newstate;
    char texts[];
};

RINGMILL_EVENT(connect_event);
RINGMILL_RING(events, 1 << 20);

static __always_inline void write_event(const struct sock *sock, const struct socket_owner *owner,
                                        int old_state, int new_state)
{
    struct connect_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->pid_known = OWNER_FILL(event, owner, sock);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_LOADABLE);
    event->direction = owner ? owner->direction : UNKNOWN;
    event->oldstate = old_state;
    event->newstate = new_state;
    ringmill_submit(event);
}

SEC("tp_btf/inet_sock_set_state")
int ringmill_connect(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;
    const struct socket_owner *owner;

    if (sock->sk_protocol != PROTOCOL_TCP)
        return 0;
    owner = owner_note_change(sock, context->old_state, context->new_state);
    if (owner_is_wanted(owner, sock))
        write_event(sock, owner, context->old_state, context->new_state);
    if (context->new_state == TCP_CLOSE)
        owner_forget(sock);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
