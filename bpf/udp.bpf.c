// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record for the first packet of a UDP flow: of a socket, to one peer or from it. The answer is
 * the first packet of another flow, in the other direction. A flow that has had no packet for
 * FLOW_IDLE_NS is new again.
 *
 * Which flows there are: recent.bpf.h. If one that was not idle had to be forgotten for a new one,
 * the record of the new one says so (displaced). */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "packet.bpf.h"
#include "recent.bpf.h"

#define FLOW_IDLE_NS (60ULL * 1000 * 1000 * 1000)

const volatile __u32 flows = 65536; /* that are remembered */

struct udp_event {
    __u64 ktime;
    /* Of the task that sent; for a packet that came in, of the one that sent from this socket
     * before, or that made it. pid is 0 if it is unknown. uid, cgroup_id and netns are the
     * socket's. */
    struct process_fields;
    _Bool pid_known; /* false: of the process only uid, cgroup_id and netns are known */
    struct socket_fields;
    enum direction direction; /* of the packet */
    __u32 length;             /* of its payload */
    _Bool displaced;          /* a flow that was not idle had to be forgotten for this one */
};

RINGMILL_EVENT(udp_event);
RINGMILL_RING(events, 1 << 20);

static __always_inline __u64 hash_of(const struct socket_fields *ends, __u64 cookie,
                                     enum direction direction)
{
    __u64 hash = recent_mix(recent_seed(), cookie << 1 | (direction == OUTGOING));

    hash = recent_mix(hash, (__u64)ends->daddr.s6_addr32[0] << 32 | ends->daddr.s6_addr32[1]);
    hash = recent_mix(hash, (__u64)ends->daddr.s6_addr32[2] << 32 | ends->daddr.s6_addr32[3]);
    return recent_mix(hash, ends->dport) | 1;
}

enum flow_age { FLOW_OLD, FLOW_NEW, FLOW_NEW_DISPLACED };

/* Notes a packet. Two packets of one flow at the same time on two CPUs may both be the first. */
static __always_inline enum flow_age flow_note(__u64 hash, __u64 now)
{
    struct recent_set *set = recent_set_of(hash, flows);
    struct recent *flow = set ? recent_find(set, hash) : NULL;
    enum flow_age age;

    if (!set)
        return FLOW_OLD;
    if (!flow)
        return recent_enter(set, hash, now, FLOW_IDLE_NS) ? FLOW_NEW_DISPLACED : FLOW_NEW;
    age = now - flow->time > FLOW_IDLE_NS ? FLOW_NEW : FLOW_OLD;
    flow->time = now;
    return age;
}

static __always_inline void write_event(const struct __sk_buff *skb,
                                        const struct socket_fields *ends, __u32 at,
                                        enum direction direction, _Bool displaced)
{
    const struct sock *sock = packet_socket(skb);
    const struct process_fields *owner = packet_owner(skb, sock, PROTOCOL_UDP, direction);
    struct udp_event *event;

    if (!packet_is_wanted(owner, sock))
        return;
    event = ringmill_reserve(events, sizeof(*event));
    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->pid_known = owner != NULL;
    packet_fill_process(PROCESS_FIELDS(event), owner, sock);
    __builtin_memcpy(SOCKET_FIELDS(event), ends, sizeof(*ends));
    event->direction = direction;
    event->length = skb->len - at - UDP_HEADER;
    event->displaced = displaced;
    ringmill_submit(event);
}

static __always_inline int note_packet(const struct __sk_buff *skb, enum direction direction)
{
    struct socket_fields ends;
    struct ports ports;
    enum flow_age age;
    __u64 cookie;
    __u32 at;

    if (packet_protocol(skb, &at) != PROTOCOL_UDP || packet_read_ports(skb, at, &ports))
        return LET_PASS;
    cookie = bpf_get_socket_cookie((void *)skb);
    packet_fill_ends(&ends, skb, &ports, direction);
    age = flow_note(hash_of(&ends, cookie, direction), bpf_ktime_get_ns());
    if (age != FLOW_OLD)
        write_event(skb, &ends, at, direction, age == FLOW_NEW_DISPLACED);
    return LET_PASS;
}

SEC("cgroup_skb/egress")
int ringmill_sent(struct __sk_buff *skb)
{
    return note_packet(skb, OUTGOING);
}

SEC("cgroup_skb/ingress")
int ringmill_received(struct __sk_buff *skb)
{
    return note_packet(skb, INCOMING);
}

/* For sockets that receive before they send. */
SEC("cgroup/sock_create")
int ringmill_created(struct bpf_sock *sock)
{
    enum { SOCK_DGRAM = 2 };

    if (sock->type == SOCK_DGRAM)
        packet_own(sock);
    return LET_PASS;
}

/* For those that are older than the source: run once. */
SEC("iter/task_file")
int ringmill_older(struct bpf_iter__task_file *context)
{
    const struct task_struct *task = context->task;
    const struct sock *sock = open_socket(context->file);

    if (task && sock && is_of_internet(sock, PROTOCOL_UDP))
        packet_own_older(sock, task);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
