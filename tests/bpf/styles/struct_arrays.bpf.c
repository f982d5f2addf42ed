// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "mark.h"

struct hop {
    __u32 address;
    __u16 ports[2];
    char name[4];
};

struct arrays_event {
    __u64 number;
    struct hop hops[3];
    __u8 grid[2][3];
};

const struct arrays_event *unused_arrays_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct arrays_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
#pragma unroll
    for (int i = 0; i < 3; i++) {
        event->hops[i].address = (__u32)number + i;
        event->hops[i].ports[0] = i;
        event->hops[i].ports[1] = i * 10;
        __builtin_memcpy(event->hops[i].name, "hop", 4);
    }
#pragma unroll
    for (int i = 0; i < 6; i++)
        event->grid[i / 3][i % 3] = i;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
