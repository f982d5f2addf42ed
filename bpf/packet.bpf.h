// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* A packet as cgroup_skb programs see it, from its IP header on, and the socket that sends or gets
 * it. These programs see the packets of this machine's sockets only, each once: when it leaves,
 * before it is cut into fragments, and when its socket is found, after it was put together.
 *
 * Whose socket: `packet_owners` has it at the socket itself, so it lives as long as the socket, and
 * the sockets that a listening one makes inherit it. The task that sends a datagram is the current
 * one, but for sockets of the kernel itself, which have no file, and for TCP, where an
 * acknowledgement lets the next packet go. */

#include "forgotten.bpf.h"
#include "socket.bpf.h"
#include "wanted.bpf.h"

enum {
    IPV6_HEADER = 40,
    UDP_HEADER = 8,
    TCP_HEADER = 20,
};

enum { LET_PASS = 1 }; /* what all these programs return */

/* The start of an IP header, of either version, and of the header after it. */
struct ip_start {
    __u8 version; /* and, of version 4, the length in words */
    __u8 pad1_;
    __be16 total; /* of version 4 */
    __u8 pad2_[2];
    __u8 next6; /* of version 6, what follows */
    __u8 pad3_[2];
    __u8 next4; /* of version 4, what follows */
};

struct ports {
    __be16 source;
    __be16 destination;
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, struct process_fields);
} packet_owners SEC(".maps");

/* What follows the IP header: TCP, UDP, ...; 0: no IP header. ret_at: where it begins. Packets of
 * IPv6 with extension headers say what the first of these is. */
static __always_inline __u8 packet_protocol(const struct __sk_buff *skb, __u32 *ret_at)
{
    const struct ip_start *ip = (void *)(long)skb->data;

    if ((void *)(ip + 1) > (void *)(long)skb->data_end)
        return 0;
    if (ip->version >> 4 == 4) {
        *ret_at = (ip->version & 15) * 4;
        return ip->next4;
    }
    *ret_at = IPV6_HEADER;
    return ip->version >> 4 == 6 ? ip->next6 : 0;
}

static __always_inline int packet_read_ports(const struct __sk_buff *skb, __u32 at,
                                             struct ports *ret)
{
    return bpf_skb_load_bytes(skb, at, ret, sizeof(*ret));
}

static __always_inline void packet_fill_addresses(const struct __sk_buff *skb, __u32 family,
                                                  struct in6_addr *source,
                                                  struct in6_addr *destination)
{
    enum { IPV4_SOURCE = 12, IPV6_SOURCE = 8 };
    __be32 both[2] = {};

    if (family == AF_INET) {
        bpf_skb_load_bytes(skb, IPV4_SOURCE, both, sizeof(both));
        socket_fill_mapped(source, both[0]);
        socket_fill_mapped(destination, both[1]);
    } else {
        bpf_skb_load_bytes(skb, IPV6_SOURCE, source, sizeof(*source));
        bpf_skb_load_bytes(skb, IPV6_SOURCE + sizeof(*source), destination, sizeof(*destination));
    }
}

/* The ends of a packet whose ports were read. */
static __always_inline void packet_fill_ends(struct socket_fields *ends,
                                             const struct __sk_buff *skb, const struct ports *ports,
                                             enum direction direction)
{
    __u16 source = bpf_ntohs(ports->source), destination = bpf_ntohs(ports->destination);
    _Bool out = direction == OUTGOING;

    ends->family = skb->protocol == bpf_htons(0x0800) ? AF_INET : AF_INET6;
    ends->sport = out ? source : destination;
    ends->dport = out ? destination : source;
    packet_fill_addresses(skb, ends->family, out ? &ends->saddr : &ends->daddr,
                          out ? &ends->daddr : &ends->saddr);
}

/* The context is the kernel's own struct sk_buff, and its socket is never NULL in these programs.
 */
static __always_inline const struct sock *packet_socket(const struct __sk_buff *skb)
{
    const struct sock *sock = NULL;

    bpf_core_read(&sock, sizeof(sock), &((const struct sk_buff *)skb)->sk);
    return sock;
}

/* The task is the owner of a socket, of a type that the helper takes. */
#define packet_own_for(socket, task)                                                         \
    ({                                                                                       \
        struct process_fields *owner_ =                                                      \
            bpf_sk_storage_get(&packet_owners, (socket), NULL, BPF_SK_STORAGE_GET_F_CREATE); \
                                                                                             \
        if (owner_)                                                                          \
            process_fill_task(owner_, (task));                                               \
        else                                                                                 \
            forgotten_count();                                                               \
        owner_;                                                                              \
    })
#define packet_own(socket) packet_own_for((socket), (void *)bpf_get_current_task_btf())

/* Of several processes that have a socket open, the first one has it. */
static __always_inline void packet_own_older(const struct sock *sock,
                                             const struct task_struct *task)
{
    if (!bpf_sk_storage_get(&packet_owners, (void *)sock, NULL, 0))
        packet_own_for((void *)sock, task);
}

static __always_inline struct bpf_sock *packet_full_socket(const struct __sk_buff *skb)
{
    struct bpf_sock *socket = skb->sk;

    return socket ? bpf_sk_fullsock(socket) : NULL;
}

/* Who sends or gets a packet; NULL: unknown. */
static __always_inline const struct process_fields *packet_owner(const struct __sk_buff *skb,
                                                                 const struct sock *sock,
                                                                 __u8 protocol,
                                                                 enum direction direction)
{
    struct bpf_sock *socket = packet_full_socket(skb);

    if (!socket)
        return NULL;
    if (direction == OUTGOING && protocol == PROTOCOL_UDP && BPF_CORE_READ(sock, sk_socket, file))
        return packet_own(socket);
    return bpf_sk_storage_get(&packet_owners, socket, NULL, 0);
}

static __always_inline _Bool packet_is_wanted(const struct process_fields *owner,
                                              const struct sock *sock)
{
    return is_wanted_owner(owner ? owner->pid : 0, BPF_CORE_READ(sock, sk_cgrp_data.cgroup));
}

static __always_inline void packet_fill_process(struct process_fields *process,
                                                const struct process_fields *owner,
                                                const struct sock *sock)
{
    if (owner)
        __builtin_memcpy(process, owner, sizeof(*process));
    else
        process_forget(process);
    socket_fill_facts(process, sock, SOCKET_READABLE);
}
