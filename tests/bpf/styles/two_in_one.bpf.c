// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A record that holds the previous one, too: a struct within a struct within an array. */
#include "mark.h"

struct point {
    __s32 x;
    __s32 y;
};

struct sample {
    struct point at;
    struct {
        __u8 kind;
        struct point corners[2];
    } box;
};

struct change_event {
    struct sample sample[2];
    __u32 number;
};

static struct sample previous;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __s32 number = (__s32)context->arguments[1];
    struct change_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->number = number;
    event->sample[0] = previous;
    event->sample[1].at.x = number;
    event->sample[1].at.y = -number;
    event->sample[1].box.kind = 1;
    event->sample[1].box.corners[1].x = number + 1;
    previous = event->sample[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
