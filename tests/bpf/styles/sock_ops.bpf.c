// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections of a cgroup as TCP itself reports them, also their round-trip time. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct established {
    __be32 local_ip4;
    __be32 remote_ip4;
    __u32 local_port;
    __be32 remote_port;
    __u32 op;
    __u32 srtt_us;
    bool active;
} __attribute__((packed));

const struct established *unused __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("sockops")
int on_operation(struct bpf_sock_ops *context)
{
    struct established *event;

    if (context->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB &&
        context->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
        return 1;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 1;
    event->local_ip4 = context->local_ip4;
    event->remote_ip4 = context->remote_ip4;
    event->local_port = context->local_port;
    event->remote_port = bpf_ntohl(context->remote_port);
    event->op = context->op;
    event->srtt_us = context->srtt_us;
    event->active = context->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB;
    bpf_ringbuf_submit(event, 0);
    return 1;
}
