// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per change of a TCP connection's state, both families, both ends, in all network
 * namespaces. A BTF tracepoint, for the reasons given in exec.bpf.c.
 *
 * Who: most changes are made by a packet or a timer, in whatever task the interrupt found, so the
 * current task says nothing then. But to connect, to listen and to begin to close are things that a
 * task does itself. Those changes tell whose socket it is, and `owners` remembers it for those that
 * follow. A connection that was accepted is its server's, which no change before its end tells: its
 * pid is 0 until then. User and cgroup are those of the socket itself, which the kernel knows
 * always.
 *
 * Addresses are 16 bytes each, IPv4 ones as ::ffff:a.b.c.d: so one condition on one field finds a
 * peer however it is connected to. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#include <bpf/bpf_endian.h>

enum { OWNERS_MAX = 16384 }; /* connections whose task is remembered; the least used go first */

#define PROTOCOL_TCP 6

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
    AF_INET = 2,
    AF_INET6 = 10,
};

struct connect_event {
    __u64 ktime;
    /* Of the task whose connection it is, when it connected, listened or closed; pid is 0 until
     * that is known. uid, cgroup_id and netns are always the socket's. */
    struct process_fields;
    enum address_family family;
    enum tcp_state oldstate;
    enum tcp_state newstate;
    __u16 sport; /* this end's; 0: not chosen yet, as in the change to TCP_SYN_SENT */
    __u16 dport;
    struct in6_addr saddr;
    struct in6_addr daddr;
};

RINGMILL_EVENT(connect_event);
RINGMILL_RING(events, 1 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, OWNERS_MAX);
    __type(key, __u64);
    __type(value, struct process_fields);
} owners SEC(".maps");

/* Changes that only the task makes to which the socket belongs. */
static __always_inline _Bool is_own_act(int new_state)
{
    return new_state == TCP_SYN_SENT || new_state == TCP_LISTEN || new_state == TCP_FIN_WAIT1 ||
           new_state == TCP_LAST_ACK;
}

static __always_inline void remember_current(struct process_fields *owner, __u64 key)
{
    process_fill_current(owner);
    bpf_map_update_elem(&owners, &key, owner, BPF_ANY);
}

static __always_inline void recall(struct process_fields *owner, __u64 key)
{
    const struct process_fields *known = bpf_map_lookup_elem(&owners, &key);

    if (known)
        *owner = *known;
}

/* A socket that begins or ends has no owner from a former life at the same address. */
static __always_inline void find_owner(struct process_fields *owner, const struct sock *sock,
                                       int new_state)
{
    __u64 key = (__u64)sock;

    if (new_state == TCP_SYN_RECV)
        bpf_map_delete_elem(&owners, &key);
    if (is_own_act(new_state))
        remember_current(owner, key);
    else
        recall(owner, key);
    if (new_state == TCP_CLOSE)
        bpf_map_delete_elem(&owners, &key);
}

static __always_inline void fill_mapped(struct in6_addr *to, __be32 from)
{
    to->s6_addr32[0] = 0;
    to->s6_addr32[1] = 0;
    to->s6_addr32[2] = bpf_htonl(0xffff);
    to->s6_addr32[3] = from;
}

static __always_inline void fill_ends(struct connect_event *event, const struct sock *sock)
{
    const struct sock_common *common = &sock->__sk_common;
    const struct inet_sock *inet = (const void *)sock;
    __be16 sport = 0;

    /* beyond what the verifier takes the pointer for; and the port in struct sock is gone when the
     * socket is closed */
    bpf_core_read(&sport, sizeof(sport), &inet->inet_sport);
    event->sport = bpf_ntohs(sport);
    event->dport = bpf_ntohs(common->skc_dport);
    event->family = common->skc_family;
    if (event->family == AF_INET) {
        fill_mapped(&event->saddr, common->skc_rcv_saddr);
        fill_mapped(&event->daddr, common->skc_daddr);
    } else {
        bpf_core_read(&event->saddr, sizeof(event->saddr), &common->skc_v6_rcv_saddr);
        bpf_core_read(&event->daddr, sizeof(event->daddr), &common->skc_v6_daddr);
    }
    event->netns = common->skc_net.net->ns.inum;
}

SEC("tp_btf/inet_sock_set_state")
int ringmill_connect(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;
    int new_state = context->new_state;
    const struct cgroup *cgroup = sock->sk_cgrp_data.cgroup;
    struct process_fields owner = {0};
    struct connect_event *event;

    if (sock->sk_protocol != PROTOCOL_TCP)
        return 0;
    find_owner(&owner, sock, new_state);
    if (!is_wanted_owner(owner.pid, cgroup))
        return 0;
    event = ringmill_reserve(events, sizeof(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    *PROCESS_FIELDS(event) = owner;
    event->uid = sock->sk_uid.val;
    event->cgroup_id = cgroup->kn->id;
    event->oldstate = context->old_state;
    event->newstate = new_state;
    fill_ends(event, sock);
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
