// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Structs in structs, with names and without, and unions of both kinds. */
#include "mark.h"

struct point {
    __s32 x;
    __s32 y;
};

struct nested_event {
    __u64 number;
    struct point from;
    struct {
        __u16 inner_a;
        union {
            __u32 as_word;
            __u8 as_bytes[4];
        };
        struct {
            __u8 deep;
        };
    };
    union {
        __u64 raw;
        struct {
            __u32 low;
            __u32 high;
        } halves;
    } both;
};

const struct nested_event *unused_nested_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct nested_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->from.x = (__s32)number;
    event->from.y = -(__s32)number;
    event->inner_a = (__u16)(number + 1);
    event->as_word = 0x01020304;
    event->deep = (__u8)(number + 2);
    event->both.raw = number << 32 | 7;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
