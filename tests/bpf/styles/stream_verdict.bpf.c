// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Belongs to a map of sockets, which its own user space fills. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct message {
    __u32 length;
};

const struct message *unused_message __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_SOCKMAP);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("sk_skb/stream_verdict")
int on_message(struct __sk_buff *packet)
{
    struct message message = {.length = packet->len};

    bpf_ringbuf_output(&events, &message, sizeof(message), 0);
    return SK_PASS;
}
