// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flow records: a key and its figures, packed, addresses and ports as they are on the wire. */
#include "mark.h"

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

struct flow_id {
    __u16 eth_protocol;
    __u8 src_mac[ETH_ALEN];
    __u8 dst_mac[ETH_ALEN];
    struct in6_addr src_ip;
    struct in6_addr dst_ip;
    __be16 src_port;
    __be16 dst_port;
    __u8 transport_protocol;
} __attribute__((packed));

struct flow_metrics {
    __u32 packets;
    __u64 bytes;
    __u64 start_mono_time_ns;
    __u16 flags;
    __u8 errno;
    struct in_addr nat_ip;
} __attribute__((packed));

struct flow_record {
    struct flow_id id;
    struct flow_metrics metrics;
} __attribute__((packed));

const struct flow_record *unused_flow __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct flow_record *flow;

    if (!is_mark(context))
        return 0;
    flow = bpf_ringbuf_reserve(&events, sizeof(*flow), 0);
    if (!flow)
        return 0;
    __builtin_memset(flow, 0, sizeof(*flow));
    flow->id.eth_protocol = ETH_P_IPV6;
    flow->id.src_mac[0] = 2;
    flow->id.src_mac[5] = (__u8)number;
    flow->id.dst_mac[0] = 0xfe;
    flow->id.src_ip.s6_addr[0] = 0xfd;
    flow->id.src_ip.s6_addr[15] = 1;
    flow->id.dst_ip.s6_addr[10] = 0xff;
    flow->id.dst_ip.s6_addr[11] = 0xff;
    flow->id.dst_ip.s6_addr[12] = 10;
    flow->id.dst_ip.s6_addr[15] = (__u8)number;
    flow->id.src_port = bpf_htons(40000 + number);
    flow->id.dst_port = bpf_htons(443);
    flow->id.transport_protocol = IPPROTO_TCP;
    flow->metrics.packets = number;
    flow->metrics.bytes = number * 1500ULL;
    flow->metrics.start_mono_time_ns = 1000 + number;
    flow->metrics.flags = 0x12;
    flow->metrics.errno = 11;
    flow->metrics.nat_ip.s_addr = bpf_htonl(0xc0a80001);
    bpf_ringbuf_submit(flow, 0);
    return 0;
}
