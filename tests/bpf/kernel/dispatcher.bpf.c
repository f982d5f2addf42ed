// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Not a style: the program of somebody else that freplace.bpf.c works on. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

int handle(struct xdp_md *context);

/* What others may replace is global, and not known to the compiler. */
__attribute__((noinline)) int handle(struct xdp_md *context)
{
    volatile int action = XDP_PASS;

    return context->data == context->data_end ? XDP_ABORTED : action;
}

SEC("xdp")
int dispatch(struct xdp_md *context)
{
    return handle(context);
}
