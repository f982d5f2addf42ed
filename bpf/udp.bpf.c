// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record for the first packet of a UDP flow: of a socket, to one peer or from it. The answer is
 * the first packet of another flow, in the other direction. A flow that has had no packet for
 * FLOW_IDLE_NS is new again.
 *
 * Flows are remembered by a hash of 64 bits, in sets of four:
 *
 *     flows   | a b c d | a b c d | ...      a packet looks at one set only
 *
 * If all four are in use, the one with the oldest packet is forgotten, and the record says so
 * (displaced). So each packet costs one look into an array, and floods of flows a known amount of
 * memory. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "packet.bpf.h"

#define FLOW_IDLE_NS (60ULL * 1000 * 1000 * 1000)

enum {
    FLOW_SETS = 16384, /* a power of two */
    FLOWS_PER_SET = 4,
};

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

struct flow {
    __u64 hash; /* 0: none */
    __u64 last; /* ktime of its last packet */
};

struct flow_set {
    struct flow flows[FLOWS_PER_SET];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FLOW_SETS);
    __type(key, __u32);
    __type(value, struct flow_set);
} flows SEC(".maps");

RINGMILL_EVENT(udp_event);
RINGMILL_RING(events, 1 << 20);

/* Random, so that no peer can make flows that look like others. */
__u64 flow_seed = 0;

static __always_inline __u64 seed(void)
{
    if (!flow_seed)
        flow_seed = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32() | 1;
    return flow_seed;
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
    return hash ^ hash >> 32;
}

static __always_inline __u64 hash_of(const struct socket_fields *ends, __u64 cookie,
                                     enum direction direction)
{
    __u64 hash = mix(seed(), cookie << 1 | (direction == OUTGOING));

    hash = mix(hash, (__u64)ends->daddr.s6_addr32[0] << 32 | ends->daddr.s6_addr32[1]);
    hash = mix(hash, (__u64)ends->daddr.s6_addr32[2] << 32 | ends->daddr.s6_addr32[3]);
    return mix(hash, ends->dport) | 1;
}

enum flow_age { FLOW_OLD, FLOW_NEW, FLOW_NEW_DISPLACED };

/* Notes a packet. Two packets of one flow at the same time on two CPUs may both be the first. */
static __always_inline enum flow_age flow_note(__u64 hash, __u64 now)
{
    __u32 key = hash >> 32 & (FLOW_SETS - 1);
    struct flow_set *set = bpf_map_lookup_elem(&flows, &key);
    struct flow *oldest;
    enum flow_age age;

    if (!set)
        return FLOW_OLD;
    oldest = &set->flows[0];
    for (int i = 0; i < FLOWS_PER_SET; i++) {
        struct flow *flow = &set->flows[i];

        if (flow->hash == hash) {
            age = now - flow->last > FLOW_IDLE_NS ? FLOW_NEW : FLOW_OLD;
            flow->last = now;
            return age;
        }
        if (flow->last < oldest->last)
            oldest = flow;
    }
    age = oldest->hash && now - oldest->last <= FLOW_IDLE_NS ? FLOW_NEW_DISPLACED : FLOW_NEW;
    oldest->hash = hash;
    oldest->last = now;
    return age;
}

static __always_inline void write_event(const struct __sk_buff *skb,
                                        const struct socket_fields *ends, __u32 at, __u64 cookie,
                                        enum direction direction, _Bool displaced)
{
    const struct sock *sock = packet_socket(skb);
    const struct process_fields *owner = packet_owner(sock, cookie, PROTOCOL_UDP, direction);
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
        write_event(skb, &ends, at, cookie, direction, age == FLOW_NEW_DISPLACED);
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
        packet_own(bpf_get_socket_cookie(sock));
    return LET_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
