// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per TCP connection, at its end: each end of it that is on this machine has one. A
 * connection that failed is one, too. With the option `starts` also one when it is established.
 * Whose it is: socket_owner.bpf.h.
 *
 * The kernel's counts are not of payload: `bytes_sent` has what was sent again, and a FIN is
 * received as a byte. Both are taken out. */

#include "ringmill.bpf.h"

#include "accept_owner.bpf.h"
#include "core.bpf.h"
#include "lineage_feed.bpf.h"

enum sock_flags {
    SOCK_DONE = 1, /* the peer's FIN has come */
};

enum tcp_phase { END, START };

const volatile _Bool starts = 0;

struct tcp_event {
    __u64 ktime;
    enum tcp_phase phase;
    /* Of the task that connected or accepted; of the one that closed, if neither was seen. uid,
     * cgroup_id and netns are always the socket's. */
    struct process_fields;
    _Bool pid_known; /* false: of the process only uid, cgroup_id and netns are known */
    struct socket_fields;
    enum direction direction;
    enum tcp_state state; /* the last one before TCP_CLOSE or, at the start, TCP_ESTABLISHED */
    errno_t error;        /* errno; 0: it ended without one */
    __u32 retransmits;    /* segments that were sent again */
    __u64 bytes_sent;     /* payload that was sent, once each */
    __u64 bytes_received; /* payload */
    __u64 duration_ns;    /* since the first packet; direction UNKNOWN: unknown */
    char texts[];
};

RINGMILL_EVENT(tcp_event);
RINGMILL_RING(events, 1 << 20);

static __always_inline _Bool has_fin(const struct sock *sock)
{
    return sock->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

static __always_inline void fill_counts(struct tcp_event *event, const struct sock *sock)
{
    const struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sock);

    event->retransmits = 0;
    event->bytes_sent = 0;
    event->bytes_received = 0;
    if (!tcp)
        return;
    event->retransmits = tcp->total_retrans;
    event->bytes_sent = tcp->bytes_sent - tcp->bytes_retrans;
    event->bytes_received = tcp->bytes_received;
    if (event->bytes_received && has_fin(sock))
        event->bytes_received--;
}

static __always_inline void write_event(const struct sock *sock, const struct socket_owner *owner,
                                        int state, enum tcp_phase phase)
{
    struct tcp_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->phase = phase;
    event->pid_known = OWNER_FILL(event, owner, sock);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_LOADABLE);
    event->direction = owner ? owner->direction : UNKNOWN;
    event->state = state;
    event->error = sock->sk_err;
    fill_counts(event, sock);
    event->duration_ns = owner && owner->since ? event->ktime - owner->since : 0;
    ringmill_submit(event);
}

SEC("tp_btf/inet_sock_set_state")
int ringmill_tcp(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;
    int old_state = context->old_state;
    const struct socket_owner *owner;

    if (sock->sk_protocol != PROTOCOL_TCP)
        return 0;
    owner = owner_note_change(sock, old_state, context->new_state);
    if (starts && context->new_state == TCP_ESTABLISHED && owner_is_wanted(owner, sock))
        write_event(sock, owner, TCP_ESTABLISHED, START);
    if (context->new_state != TCP_CLOSE)
        return 0;
    if (old_state != TCP_LISTEN && old_state != TCP_CLOSE && owner_is_wanted(owner, sock))
        write_event(sock, owner, old_state, END);
    owner_forget(sock);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
