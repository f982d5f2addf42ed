// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A socket filter, which its own user space would put into a packet socket. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct packet {
    __u32 interface;
    __u32 kind;
    __u32 length;
};

const struct packet *unused_packet __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("socket")
int on_packet(struct __sk_buff *buffer)
{
    struct packet *packet = bpf_ringbuf_reserve(&events, sizeof(*packet), 0);

    if (!packet)
        return 0;
    packet->interface = buffer->ifindex;
    packet->kind = buffer->pkt_type;
    packet->length = buffer->len;
    bpf_ringbuf_submit(packet, 0);
    return -1; /* accept the whole packet */
}
