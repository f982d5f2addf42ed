// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "mark.h"

struct packed_event {
    __u8 first;
    __u64 number;
    __u16 middle;
    __u32 last;
} __attribute__((packed));

const struct packed_event *unused_packed_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct packed_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->first = 1;
    event->number = number;
    event->middle = (__u16)(number + 2);
    event->last = (__u32)(number + 3);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
