// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* The program that remembers who accepted a connection, for sources that say whose it is. */

#include "accepted.bpf.h"

SEC("tp_btf/sys_exit")
int ringmill_accepted(struct sys_exit *context)
{
    const struct sock *sock = is_accept(context->regs) ? accepted_socket(context->result) : NULL;

    if (sock)
        owner_claim(sock, owner_find(sock));
    return 0;
}
