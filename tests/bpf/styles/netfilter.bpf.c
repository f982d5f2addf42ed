// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A netfilter program: newer than libbpf 1.1, and it does not say at which hook it belongs. */
#include <linux/bpf.h>
#include <linux/netfilter.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct sk_buff {
    unsigned int len;
} __attribute__((preserve_access_index));

struct nf_hook_state {
    __u8 hook;
    __u8 pf;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
    const struct nf_hook_state *state;
    struct sk_buff *skb;
};

struct verdict {
    __u32 length;
    __u8 hook;
    __u8 family;
};

const struct verdict *unused_verdict __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("netfilter")
int on_packet(struct bpf_nf_ctx *context)
{
    struct verdict *verdict = bpf_ringbuf_reserve(&events, sizeof(*verdict), 0);

    if (!verdict)
        return NF_ACCEPT;
    verdict->length = context->skb->len;
    verdict->hook = context->state->hook;
    verdict->family = context->state->pf;
    bpf_ringbuf_submit(verdict, 0);
    return NF_ACCEPT;
}
