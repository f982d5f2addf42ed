// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Packets that come in and go out, counted by flow, each with its time and its bytes. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum direction { INGRESS, EGRESS };

struct flow_key {
    __be32 saddr;
    __be32 daddr;
    __be16 sport;
    __be16 dport;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, struct flow_key);
    __type(value, __u64);
} flows SEC(".maps");

struct flow_event {
    struct flow_key key;
    __u32 ifindex;
    enum direction direction;
    __u64 bytes;
    __u32 length;
    __u16 eth_protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int look(struct __sk_buff *packet, enum direction direction)
{
    void *end = (void *)(long)packet->data_end;
    struct ethhdr *ethernet = (void *)(long)packet->data;
    struct iphdr *ip = (void *)(ethernet + 1);
    struct udphdr *udp = (void *)(ip + 1);
    struct flow_event *event;
    struct flow_key key;
    __u64 none = 0, *bytes;

    if ((void *)(udp + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) ||
        ip->protocol != IPPROTO_UDP)
        return TC_ACT_OK;
    key = (struct flow_key){ip->saddr, ip->daddr, udp->source, udp->dest};
    bpf_map_update_elem(&flows, &key, &none, BPF_NOEXIST);
    bytes = bpf_map_lookup_elem(&flows, &key);
    if (!bytes)
        return TC_ACT_OK;
    *bytes += packet->len;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return TC_ACT_OK;
    event->key = key;
    event->ifindex = packet->ifindex;
    event->direction = direction;
    event->bytes = *bytes;
    event->length = packet->len;
    event->eth_protocol = bpf_ntohs(ethernet->h_proto);
    bpf_ringbuf_submit(event, 0);
    return TC_ACT_OK;
}

SEC("tc/ingress")
int on_ingress(struct __sk_buff *packet)
{
    return look(packet, INGRESS);
}

SEC("tc/egress")
int on_egress(struct __sk_buff *packet)
{
    return look(packet, EGRESS);
}
