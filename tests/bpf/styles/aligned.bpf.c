// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Members that are padded to a cache line, and arrays of no length of old GNU C. */
#include "mark.h"

struct aligned_event {
    __u32 number;
    __u64 counters[2] __attribute__((aligned(64)));
    __u8 flag __attribute__((aligned(16)));
    __u32 length;
    char tail[0];
} __attribute__((aligned(8)));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct aligned_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof(*event));
    event->number = (__u32)context->arguments[1];
    event->counters[0] = 1;
    event->counters[1] = event->number * 2ULL;
    event->flag = 0xff;
    event->length = 5;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
