// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* UDP packets as they come in, addresses as they are on the wire. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct packet_event {
    __u64 ktime;
    __be32 saddr;
    __be32 daddr;
    __be16 sport;
    __be16 dport;
    __u16 length;
    unsigned char source_mac[6];
};

const struct packet_event *unused_packet_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("xdp")
int on_packet(struct xdp_md *context)
{
    void *end = (void *)(long)context->data_end;
    struct ethhdr *ethernet = (void *)(long)context->data;
    struct iphdr *ip = (void *)(ethernet + 1);
    struct udphdr *udp = (void *)(ip + 1);
    struct packet_event *event;

    if ((void *)(udp + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) ||
        ip->protocol != IPPROTO_UDP || ip->ihl != 5)
        return XDP_PASS;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return XDP_PASS;
    event->ktime = bpf_ktime_get_ns();
    event->saddr = ip->saddr;
    event->daddr = ip->daddr;
    event->sport = udp->source;
    event->dport = udp->dest;
    event->length = bpf_ntohs(udp->len);
    __builtin_memcpy(event->source_mac, ethernet->h_source, ETH_ALEN);
    bpf_ringbuf_submit(event, 0);
    return XDP_PASS;
}
