// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A counter under a spin lock, in the value of a map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct locked {
    struct bpf_spin_lock lock;
    __u32 packets;
    __u64 bytes;
    __u64 since;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct locked);
} totals SEC(".maps");

struct total_event {
    __u64 bytes;
    __u32 packets;
    __u32 length;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("xdp.frags")
int count(struct xdp_md *context)
{
    __u32 zero = 0, packets, length = bpf_xdp_get_buff_len(context);
    struct locked *total = bpf_map_lookup_elem(&totals, &zero);
    struct total_event *event;
    __u64 bytes;

    if (!total)
        return XDP_PASS;
    bpf_spin_lock(&total->lock);
    packets = ++total->packets;
    total->bytes += length;
    bytes = total->bytes;
    bpf_spin_unlock(&total->lock);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return XDP_PASS;
    event->bytes = bytes;
    event->packets = packets;
    event->length = length;
    bpf_ringbuf_submit(event, 0);
    return XDP_PASS;
}
