// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per TCP segment that is sent again. A SYN-ACK is sent before the connection has a
 * socket: its record has the process that listens. Whose connection it is: socket_owner.bpf.h. */

#include "ringmill.bpf.h"

#include "accept_owner.bpf.h"
#include "core.bpf.h"
#include "lineage_feed.bpf.h"

struct retransmit_event {
    __u64 ktime;
    struct process_fields; /* as in struct tcp_event */
    _Bool pid_known;
    struct socket_fields;
    enum direction direction; /* of the connection */
    enum tcp_state state;
    __u32 length;      /* payload of the segment */
    __u32 retransmits; /* of the connection until now, with this one */
    errno_t error;     /* errno: it could not be sent; before Linux 6.16 always 0 */
    char texts[];
};

RINGMILL_EVENT(retransmit_event);
RINGMILL_RING(events, 1 << 20);

/* Before Linux 6.16 the tracepoint has no third argument, and only what was sent reaches it. */
static __always_inline __s32 error_of(const struct tcp_retransmit_skb *context)
{
    return bpf_core_field_exists(struct trace_event_raw_tcp_retransmit_skb, err) ? -context->error
                                                                                 : 0;
}

static __always_inline void write_event(const struct tcp_retransmit_skb *context,
                                        const struct socket_owner *owner)
{
    const struct sock *sock = context->sock;
    const struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sock);
    struct retransmit_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->pid_known = OWNER_FILL(event, owner, sock);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_LOADABLE);
    event->direction = owner ? owner->direction : UNKNOWN;
    event->state = sock->__sk_common.skc_state;
    event->length = context->packet->len;
    event->retransmits = tcp ? tcp->total_retrans : 0;
    event->error = error_of(context);
    ringmill_submit(event);
}

SEC("tp_btf/tcp_retransmit_skb")
int ringmill_retransmit(struct tcp_retransmit_skb *context)
{
    const struct socket_owner *owner = owner_find(context->sock);

    if (owner_is_wanted(owner, context->sock))
        write_event(context, owner);
    return 0;
}

/* As the first change of a connection that is made. */
static __always_inline void fill_request_ends(struct socket_fields *fields,
                                              const struct sock_common *request)
{
    fields->family = request->skc_family;
    fields->sport = request->skc_num;
    fields->dport = bpf_ntohs(request->skc_dport);
    socket_fill_addresses(fields, request, SOCKET_LOADABLE);
}

static __always_inline void write_synack(const struct tcp_retransmit_synack *context,
                                         const struct socket_owner *owner)
{
    struct retransmit_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->pid_known = OWNER_FILL(event, owner, context->listener);
    fill_request_ends(SOCKET_FIELDS(event), &context->request->__req_common);
    event->direction = INCOMING;
    event->state = TCP_SYN_RECV;
    event->length = 0;
    event->retransmits = context->request->num_retrans + 1; /* the kernel counts it after this */
    event->error = 0;
    ringmill_submit(event);
}

SEC("tp_btf/tcp_retransmit_synack")
int ringmill_synack(struct tcp_retransmit_synack *context)
{
    const struct socket_owner *owner = owner_find(context->listener);

    if (owner_is_wanted(owner, context->listener))
        write_synack(context, owner);
    return 0;
}

SEC("tp_btf/inet_sock_set_state")
int ringmill_owner(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;

    if (sock->sk_protocol != PROTOCOL_TCP)
        return 0;
    owner_note_change(sock, context->old_state, context->new_state);
    if (context->new_state == TCP_CLOSE)
        owner_forget(sock);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
