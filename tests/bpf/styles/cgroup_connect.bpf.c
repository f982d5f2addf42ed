// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who connects where, from the hooks of a cgroup: both families by one function. */
#include <linux/bpf.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct connect_event {
    struct in6_addr daddr;
    __be16 dport;
    __u16 family;
    __u32 pid;
    __u64 cookie;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline struct connect_event *reserve(struct bpf_sock_addr *context)
{
    struct connect_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (event) {
        event->dport = (__be16)context->user_port;
        event->family = context->user_family;
        event->pid = bpf_get_current_pid_tgid() >> 32;
        event->cookie = bpf_get_socket_cookie(context);
        bpf_get_current_comm(event->comm, sizeof(event->comm));
    }
    return event;
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *context)
{
    struct connect_event *event = reserve(context);

    if (!event)
        return 1;
    __builtin_memset(&event->daddr, 0, sizeof(event->daddr));
    event->daddr.s6_addr16[5] = 0xffff;
    event->daddr.s6_addr32[3] = context->user_ip4;
    bpf_ringbuf_submit(event, 0);
    return 1;
}

SEC("cgroup/connect6")
int on_connect6(struct bpf_sock_addr *context)
{
    struct connect_event *event = reserve(context);

    if (!event)
        return 1;
    event->daddr.s6_addr32[0] = context->user_ip6[0];
    event->daddr.s6_addr32[1] = context->user_ip6[1];
    event->daddr.s6_addr32[2] = context->user_ip6[2];
    event->daddr.s6_addr32[3] = context->user_ip6[3];
    bpf_ringbuf_submit(event, 0);
    return 1;
}
