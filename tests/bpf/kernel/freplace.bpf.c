// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Functions of a BPF program that is loaded already: one is replaced, and the whole is traced. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct packet_event {
    __u64 ktime;
    __u32 length;
    __s32 action;
};

const struct packet_event *unused_packet_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline void write(__u32 length, int action)
{
    struct packet_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    event->length = length;
    event->action = action;
    bpf_ringbuf_submit(event, 0);
}

SEC("freplace/handle")
int handle(struct xdp_md *context)
{
    write(context->data_end - context->data, XDP_DROP);
    return XDP_DROP;
}

struct xdp_buff {
    void *data;
    void *data_end;
} __attribute__((preserve_access_index));

SEC("?fexit/dispatch")
int BPF_PROG(on_dispatched, struct xdp_buff *buffer, int action)
{
    write(buffer->data_end - buffer->data, action);
    return 0;
}
