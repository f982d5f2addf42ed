// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every clock that a program can read, durations, and what is no time. */
#include "mark.h"

struct clock_event {
    __u64 ktime;
    __u64 boot_ns;
    __u64 tai_ns;
    __u64 jiffies;
    __u64 delta_us;
    __u64 latency_ns;
    __u32 number;
    __u32 sec;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct clock_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->boot_ns = bpf_ktime_get_boot_ns();
    event->tai_ns = bpf_ktime_get_tai_ns();
    event->jiffies = bpf_jiffies64();
    event->number = (__u32)context->arguments[1];
    event->delta_us = event->number * 10;
    event->latency_ns = event->number;
    event->sec = event->ktime / 1000000000;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
