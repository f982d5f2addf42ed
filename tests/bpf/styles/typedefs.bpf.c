// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "mark.h"

typedef __u32 level_1;
typedef level_1 level_2;
typedef const level_2 level_3;
typedef volatile level_3 level_4;

typedef struct {
    __u64 number;
    level_4 value;
    level_4 values[2];
} inner_t;
typedef inner_t typedefs_event_t;
typedef typedefs_event_t event_alias;

const event_alias *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct plain {
        __u64 number;
        __u32 value;
        __u32 values[2];
    } * event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->value = (__u32)number + 1;
    event->values[0] = (__u32)number + 2;
    event->values[1] = (__u32)number + 3;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
