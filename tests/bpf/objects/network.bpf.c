// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each packet, at each hook of the network that there is. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum place { AT_XDP = 1, AT_INGRESS, AT_EGRESS, AT_CGROUP };

struct packet {
    __u64 ktime;
    enum place place;
    __u32 length;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} packets SEC(".maps");

static __always_inline void write(enum place place, __u32 length)
{
    struct packet *packet = bpf_ringbuf_reserve(&packets, sizeof(*packet), 0);

    if (!packet)
        return;
    packet->ktime = bpf_ktime_get_ns();
    packet->place = place;
    packet->length = length;
    bpf_ringbuf_submit(packet, 0);
}

SEC("xdp")
int on_xdp(struct xdp_md *context)
{
    write(AT_XDP, context->data_end - context->data);
    return XDP_PASS;
}

SEC("tc/ingress")
int on_ingress(struct __sk_buff *packet)
{
    write(AT_INGRESS, packet->len);
    return TC_ACT_UNSPEC;
}

/* says nothing of the direction */
SEC("classifier")
int on_either(struct __sk_buff *packet)
{
    write(AT_EGRESS, packet->len);
    return TC_ACT_UNSPEC;
}

SEC("cgroup_skb/egress")
int on_cgroup(struct __sk_buff *packet)
{
    write(AT_CGROUP, packet->len);
    return 1;
}
