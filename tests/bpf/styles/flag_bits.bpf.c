// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Flags that can be read as one number, or bit by bit. */
#include "mark.h"

struct flag_event {
    __u32 number;
    union {
        __u8 flags;
        struct {
            __u8 fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, reserved : 2;
        };
    };
    union {
        __u32 whole;
        struct {
            __u32 low : 12;
            __u32 : 4;
            __u32 high : 16;
        } parts;
    } id;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct flag_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->number = (__u32)context->arguments[1];
    event->flags = 0x12;
    event->id.whole = event->number << 16 | 0xabc;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
