// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Section names that mean something only to the loader of the object's author. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct packet {
    __u32 length;
    __u32 which;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} packets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} tails SEC(".maps");

static __always_inline int put(struct __sk_buff *skb, __u32 which)
{
    struct packet *packet = bpf_ringbuf_reserve(&packets, sizeof(*packet), 0);

    if (!packet)
        return 0;
    packet->length = skb->len;
    packet->which = which;
    bpf_ringbuf_submit(packet, 0);
    return 0;
}

SEC("from-netdev")
int on_packet(struct __sk_buff *skb)
{
    put(skb, 1);
    bpf_tail_call(skb, &tails, 0);
    return 0;
}

SEC("2/1")
int callee(struct __sk_buff *skb)
{
    return put(skb, 2);
}

SEC("main")
int untyped(void *context)
{
    (void)context;
    return 0;
}
