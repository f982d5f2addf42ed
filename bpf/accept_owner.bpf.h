// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* The programs that remember who accepted a connection, and who has sockets that are older than the
 * source, for sources that say whose it is. */

#include "accepted.bpf.h"

SEC("tp_btf/sys_exit")
int ringmill_accepted(struct sys_exit *context)
{
    const struct sock *sock = is_accept(context->regs) ? accepted_socket(context->result) : NULL;

    if (sock)
        owner_claim(sock, owner_find(sock));
    return 0;
}

/* Run once, when the others are attached. Of several processes that have a socket open, the one
 * with the lowest pid comes first. */
SEC("iter/task_file")
int ringmill_older(struct bpf_iter__task_file *context)
{
    const struct task_struct *task = context->task;
    const struct sock *sock = open_socket(context->file);

    if (task && sock && is_of_internet(sock, PROTOCOL_TCP) &&
        sock->__sk_common.skc_state != TCP_CLOSE)
        owner_claim_for(task, sock);
    return 0;
}
