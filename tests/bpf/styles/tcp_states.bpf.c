// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a tracepoint knows of a connection, its addresses in bytes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct state_context {
    __u64 common;
    const void *skaddr;
    int oldstate;
    int newstate;
    __u16 sport;
    __u16 dport;
    __u16 family;
    __u16 protocol;
    __u8 saddr[4];
    __u8 daddr[4];
    __u8 saddr_v6[16];
    __u8 daddr_v6[16];
};

enum tcp_state {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT,
    TCP_SYN_RECV,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_TIME_WAIT,
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_LAST_ACK,
    TCP_LISTEN,
};

struct tcp_event {
    const void *skaddr;
    enum tcp_state oldstate;
    enum tcp_state newstate;
    __u16 sport;
    __u16 dport;
    __u8 saddr[4];
    __u8 daddr[4];
    __u8 saddr_v6[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp/sock/inet_sock_set_state")
int on_state(struct state_context *context)
{
    struct tcp_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->skaddr = context->skaddr;
    event->oldstate = context->oldstate;
    event->newstate = context->newstate;
    event->sport = context->sport;
    event->dport = context->dport;
    __builtin_memcpy(event->saddr, context->saddr, 4);
    __builtin_memcpy(event->daddr, context->daddr, 4);
    __builtin_memcpy(event->saddr_v6, context->saddr_v6, 16);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
