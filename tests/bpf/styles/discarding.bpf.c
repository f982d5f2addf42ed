// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A record is reserved before it is known whether anybody wants it. */
#include "mark.h"

struct wanted_event {
    __u32 number;
    __u32 of;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct wanted_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = (__u32)context->arguments[1];
    event->of = 4;
    if (event->number % event->of)
        bpf_ringbuf_discard(event, 0);
    else
        bpf_ringbuf_submit(event, 0);
    return 0;
}
