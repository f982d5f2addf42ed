// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Whose TCP socket it is. Most changes of a connection are made by a packet or a timer, in whatever
 * task the interrupt found, so the current task says nothing then. But to connect, to listen, to
 * accept and to begin to close are things that a task does itself, and `owners` remembers them:
 *
 *     connect   CLOSE -> SYN_SENT           the current task, outgoing
 *     listen    CLOSE -> LISTEN             the current task
 *     (packet)  LISTEN -> SYN_RECV          nobody yet, incoming
 *     accept    at the system call's return the current task
 *     close     -> FIN_WAIT1, -> LAST_ACK   the current task, if nobody is known
 *     (the end) -> CLOSE                    forgotten, since its address is used again
 *
 * Sockets that are older than the source are owned by a process that has them open when it starts
 * (accept_owner.bpf.h). Unknown stays who accepted a connection by io_uring, until a task closes
 * it.
 *
 * If more sockets are there than `sockets`, further ones are not remembered, which is counted. */

#include "forgotten.bpf.h"
#include "socket.bpf.h"
#include "wanted.bpf.h"

const volatile __u32 sockets = 16384; /* also the size of `owners`, which user space sets */

struct socket_owner {
    struct process_memory process; /* pid is 0: not known yet */
    __u64 since;                   /* ktime of the connection's first change; 0: unknown */
    enum direction direction;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, __u64);
    __type(value, struct socket_owner);
} owners SEC(".maps");

static const struct socket_owner nobody = {};

static __always_inline struct socket_owner *owner_find(const struct sock *sock)
{
    __u64 key = (__u64)sock;

    return bpf_map_lookup_elem(&owners, &key);
}

/* A new entry, instead of one from a former life at the same address. NULL: no room. */
static __always_inline struct socket_owner *owner_begin(const struct sock *sock,
                                                        enum direction direction)
{
    __u64 key = (__u64)sock;
    struct socket_owner *owner;

    if (bpf_map_update_elem(&owners, &key, &nobody, BPF_ANY))
        forgotten_count();
    owner = bpf_map_lookup_elem(&owners, &key);
    if (!owner)
        return NULL;
    owner->direction = direction;
    owner->since = direction == UNKNOWN ? 0 : bpf_ktime_get_ns();
    return owner;
}

static __always_inline void owner_forget(const struct sock *sock)
{
    __u64 key = (__u64)sock;

    bpf_map_delete_elem(&owners, &key);
}

/* The current task owns it from now on, unless somebody is known already. */
static __always_inline struct socket_owner *owner_claim(const struct sock *sock,
                                                        struct socket_owner *owner)
{
    if (!owner)
        owner = owner_begin(sock, UNKNOWN);
    if (owner && owner->process.fields.pid == 0)
        process_remember_current(&owner->process);
    return owner;
}

/* The same, of another task; its ancestors are not remembered. */
static __always_inline void owner_claim_for(const struct task_struct *task, const struct sock *sock)
{
    struct socket_owner *owner = owner_find(sock);

    if (!owner)
        owner = owner_begin(sock, UNKNOWN);
    if (owner && owner->process.fields.pid == 0)
        process_fill_task(&owner->process.fields, task);
}

static __always_inline struct socket_owner *owner_begin_own(const struct sock *sock,
                                                            enum direction direction)
{
    return owner_claim(sock, owner_begin(sock, direction));
}

/* Notes what a change of state says of the owner. Returns what is known: NULL: nothing. After a
 * change to TCP_CLOSE the caller forgets the owner, once it has used it. */
static __always_inline struct socket_owner *owner_note_change(const struct sock *sock,
                                                              int old_state, int new_state)
{
    if (new_state == TCP_SYN_SENT)
        return owner_begin_own(sock, OUTGOING);
    if (new_state == TCP_LISTEN)
        return owner_begin_own(sock, UNKNOWN);
    if (new_state == TCP_SYN_RECV && old_state == TCP_LISTEN)
        return owner_begin(sock, INCOMING);
    if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK)
        return owner_claim(sock, owner_find(sock));
    return owner_find(sock);
}

static __always_inline _Bool owner_is_wanted(const struct socket_owner *owner,
                                             const struct sock *sock)
{
    return is_wanted_owner(owner ? owner->process.fields.pid : 0, sock->sk_cgrp_data.cgroup);
}

/* All fields of the process: the socket's facts, and the rest of the owner or 0. Returns whether
 * the owner is known. texts, begin: as process_recall() has them. */
static __always_inline _Bool owner_fill(struct process_fields *process, char *texts, __u64 begin,
                                        const struct socket_owner *owner, const struct sock *sock)
{
    if (owner && owner->process.fields.pid != 0)
        process_recall(process, texts, begin, &owner->process);
    else
        process_forget(process);
    socket_fill_facts(process, sock, SOCKET_LOADABLE);
    return process->pid != 0;
}

/* Of a record that has `char texts[]` at its end. */
#define OWNER_FILL(event, owner, sock)                                                          \
    owner_fill(PROCESS_FIELDS(event), (event)->texts, offsetof(typeof(*(event)), texts), owner, \
               sock)
