// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ring whose size is a number of records, which is no power of two. */
#include "mark.h"

#define EVENTS_MAX 1000

struct probe_event {
    __u64 number;
    __u16 type;
    __u8 reserved[14];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, sizeof(struct probe_event) * EVENTS_MAX);
} event_map SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct probe_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&event_map, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->number = context->arguments[1];
    event->type = 0x86dd;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
