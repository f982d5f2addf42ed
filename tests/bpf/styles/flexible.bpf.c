// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As many values as the sample has room for. */
#include "mark.h"

struct flexible_event {
    __u32 number;
    __u16 count;
    __u16 values[];
};

const struct flexible_event *unused_flexible_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct {
        __u32 number;
        __u16 count;
        __u16 values[8];
    } event = {.number = (__u32)number, .count = number & 7};

    if (!is_mark(context))
        return 0;
#pragma unroll
    for (int i = 0; i < 8; i++)
        event.values[i] = (__u16)(number + i);
    bpf_ringbuf_output(&events, &event, 6 + 2 * (number & 7), 0);
    return 0;
}
