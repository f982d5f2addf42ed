// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets as they are made and bound, and the packets that leave, all of one cgroup. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum hook { HOOK_CREATE, HOOK_BIND, HOOK_EGRESS };

struct socket_event {
    enum hook hook;
    __u32 family;
    __u32 type;
    __u32 protocol;
    __u32 port;
    __u32 length;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static void report(struct socket_event event)
{
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

SEC("cgroup/sock_create")
int on_create(struct bpf_sock *socket)
{
    report((struct socket_event){.hook = HOOK_CREATE,
                                 .family = socket->family,
                                 .type = socket->type,
                                 .protocol = socket->protocol});
    return 1;
}

SEC("cgroup/post_bind4")
int on_bind(struct bpf_sock *socket)
{
    report((struct socket_event){.hook = HOOK_BIND,
                                 .family = socket->family,
                                 .type = socket->type,
                                 .protocol = socket->protocol,
                                 .port = socket->src_port});
    return 1;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *packet)
{
    report((struct socket_event){
        .hook = HOOK_EGRESS, .family = packet->family, .length = packet->len});
    return 1;
}
