// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the records of sockets share: the two ends, and the socket's own facts.
 *
 * Addresses are 16 bytes each, IPv4 ones as ::ffff:a.b.c.d: so one condition on one field finds a
 * peer however it is connected to. */

#include "core.bpf.h"
#include "process.bpf.h"

#include <bpf/bpf_endian.h>

enum {
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
};

/* Of a connection: which end began it. Of a packet: whether this end sent it. */
enum direction {
    UNKNOWN, /* the connection is older than the source */
    OUTGOING,
    INCOMING,
};

struct socket_fields {
    enum address_family family;
    __u16 sport; /* this end's; 0: not chosen yet, as in the change to TCP_SYN_SENT */
    __u16 dport;
    struct in6_addr saddr;
    struct in6_addr daddr;
};

/* Of a record that has them as an unnamed member. */
#define SOCKET_FIELDS(record) ((struct socket_fields *)&(record)->family)

/* The BTF tracepoints give pointers that can be loaded from; of a pointer that was read from memory
 * the verifier knows nothing, so a helper has to read. */
enum socket_pointer { SOCKET_LOADABLE, SOCKET_READABLE };

#define SOCKET_LOAD(pointer, to, place)                 \
    do {                                                \
        if ((pointer) == SOCKET_LOADABLE)               \
            (to) = (place);                             \
        else                                            \
            bpf_core_read(&(to), sizeof(to), &(place)); \
    } while (0)

/* The socket of an open file, which may be NULL; NULL: it is not one. */
static __always_inline const struct sock *open_socket(struct file *file)
{
    const struct socket *socket;

    __asm__ volatile("" : "+r"(file)); /* keeps it one register, of which the check tells */
    if (!file)
        return NULL;
    socket = bpf_sock_from_file(file);
    return socket ? socket->sk : NULL;
}

static __always_inline _Bool is_of_internet(const struct sock *sock, __u16 protocol)
{
    unsigned short family = sock->__sk_common.skc_family;

    return (family == AF_INET || family == AF_INET6) && sock->sk_protocol == protocol;
}

static __always_inline void socket_fill_mapped(struct in6_addr *to, __be32 from)
{
    to->s6_addr32[0] = 0;
    to->s6_addr32[1] = 0;
    to->s6_addr32[2] = bpf_htonl(0xffff);
    to->s6_addr32[3] = from;
}

static __always_inline void socket_fill_addresses(struct socket_fields *fields,
                                                  const struct sock_common *common,
                                                  enum socket_pointer pointer)
{
    __be32 local, peer;

    if (fields->family == AF_INET) {
        SOCKET_LOAD(pointer, local, common->skc_rcv_saddr);
        SOCKET_LOAD(pointer, peer, common->skc_daddr);
        socket_fill_mapped(&fields->saddr, local);
        socket_fill_mapped(&fields->daddr, peer);
    } else {
        bpf_core_read(&fields->saddr, sizeof(fields->saddr), &common->skc_v6_rcv_saddr);
        bpf_core_read(&fields->daddr, sizeof(fields->daddr), &common->skc_v6_daddr);
    }
}

static __always_inline void socket_fill_ends(struct socket_fields *fields, const struct sock *sock,
                                             enum socket_pointer pointer)
{
    const struct sock_common *common = &sock->__sk_common;
    const struct inet_sock *inet = (const void *)sock;
    __be16 sport = 0, dport;
    unsigned short family;

    /* beyond what the verifier takes the pointer for; and the port in struct sock is gone when the
     * socket is closed */
    bpf_core_read(&sport, sizeof(sport), &inet->inet_sport);
    SOCKET_LOAD(pointer, dport, common->skc_dport);
    SOCKET_LOAD(pointer, family, common->skc_family);
    fields->sport = bpf_ntohs(sport);
    fields->dport = bpf_ntohs(dport);
    fields->family = family;
    socket_fill_addresses(fields, common, pointer);
}

/* User, cgroup and network namespace are those of the socket, which the kernel knows always. */
static __always_inline void socket_fill_facts(struct process_fields *process,
                                              const struct sock *sock, enum socket_pointer pointer)
{
    const struct cgroup *cgroup;
    const struct kernfs_node *node;
    const struct net *net;

    SOCKET_LOAD(pointer, process->uid, sock->sk_uid.val);
    SOCKET_LOAD(pointer, cgroup, sock->sk_cgrp_data.cgroup);
    SOCKET_LOAD(pointer, node, cgroup->kn);
    SOCKET_LOAD(pointer, process->cgroup_id, node->id);
    SOCKET_LOAD(pointer, net, sock->__sk_common.skc_net.net);
    SOCKET_LOAD(pointer, process->netns, net->ns.inum);
}
