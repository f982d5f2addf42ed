// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Structs of the kernel's headers are members of the record. */
#include "mark.h"

#include <bpf/bpf_endian.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/time_types.h>
#include <linux/udp.h>

struct header_event {
    __u32 number;
    struct iphdr ip;
    struct udphdr udp;
    struct __kernel_timespec at;
    struct sockaddr_in peer;
    struct sockaddr_in self;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct header_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->number = number;
    event->ip.version = 4;
    event->ip.ihl = 5;
    event->ip.ttl = 64;
    event->ip.protocol = IPPROTO_UDP;
    event->ip.saddr = bpf_htonl(0x0a000001);
    event->ip.daddr = bpf_htonl(0x0a000100 + number);
    event->udp.source = bpf_htons(1024 + number);
    event->udp.dest = bpf_htons(53);
    event->at.tv_sec = 1;
    event->at.tv_nsec = number;
    event->peer.sin_family = 2;
    event->peer.sin_port = bpf_htons(8080);
    event->peer.sin_addr.s_addr = bpf_htonl(0x7f000001);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
