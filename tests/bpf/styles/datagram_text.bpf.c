// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The text of datagrams, cut out of packets by their headers. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct question {
    __be32 saddr;
    __be32 daddr;
    __be16 sport;
    __be16 dport;
    __u16 length;
    __u8 pkt_type;
    char name[30];
} __attribute__((packed));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("socket")
int on_packet(struct __sk_buff *packet)
{
    __u32 offset = ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr), length;
    struct question *event;
    struct udphdr udp;
    struct iphdr ip;

    if (packet->protocol != bpf_htons(ETH_P_IP) ||
        bpf_skb_load_bytes(packet, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != 17 ||
        bpf_skb_load_bytes(packet, ETH_HLEN + sizeof(ip), &udp, sizeof(udp)))
        return 0;
    length = bpf_ntohs(udp.len) - sizeof(udp);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->saddr = ip.saddr;
    event->daddr = ip.daddr;
    event->sport = udp.source;
    event->dport = udp.dest;
    event->length = length;
    event->pkt_type = packet->pkt_type;
    length &= 31;
    if (length > 0 && length < sizeof(event->name))
        bpf_skb_load_bytes(packet, offset, event->name, length);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
