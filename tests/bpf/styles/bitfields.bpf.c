// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "mark.h"

enum color { RED, GREEN, BLUE };

struct bits_event {
    __u32 low : 3;
    __s32 negative : 5;
    __u32 wide : 20;
    enum color color : 2;
    _Bool flag : 1;
    __u64 long_one : 37;
    __u64 : 3;
    __u64 last : 24;
    __u16 whole;
};

const struct bits_event *unused_bits_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct bits_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->low = number;
    event->negative = -(__s32)(number % 16);
    event->wide = number * 1000;
    event->color = number % 3;
    event->flag = number & 1;
    event->long_one = number << 30;
    event->last = ~number;
    event->whole = (__u16)number;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
