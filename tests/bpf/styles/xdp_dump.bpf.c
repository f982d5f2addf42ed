// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The head of each packet as it is, with its length, like a capture. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SNAPLEN 96

struct pkt_metadata {
    __u32 ifindex;
    __u32 rx_queue;
    __u16 pkt_len;
    __u16 cap_len;
    __u32 flags;
};

struct pkt_record {
    struct pkt_metadata meta;
    __u8 packet[];
};

const struct pkt_record *unused_pkt_record __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __uint(value_size, sizeof(struct pkt_metadata) + 128);
} scratch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("xdp")
int xdp_dump(struct xdp_md *context)
{
    __u32 zero = 0, length = bpf_xdp_get_buff_len(context);
    struct pkt_record *record = bpf_map_lookup_elem(&scratch, &zero);

    if (!record)
        return XDP_PASS;
    record->meta.ifindex = context->ingress_ifindex;
    record->meta.rx_queue = context->rx_queue_index;
    record->meta.pkt_len = length;
    if (length > SNAPLEN)
        length = SNAPLEN;
    barrier_var(length); /* or clang takes out what the verifier needs */
    length &= 127;
    if (length < 1)
        return XDP_PASS;
    record->meta.cap_len = length;
    if (bpf_xdp_load_bytes(context, 0, record->packet, length))
        return XDP_PASS;
    bpf_ringbuf_output(&events, record, sizeof(struct pkt_metadata) + length, 0);
    return XDP_PASS;
}
