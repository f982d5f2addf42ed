// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Integers of its record have bits that only an enum of the code names. */
#include "mark.h"

enum access { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4, MAY_ALL = 0x100 };

struct access_event {
    __u64 number;
    __u8 access;
    __u32 asked[2];
};

const struct access_event *unused_access_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct access_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->access = number & (MAY_EXEC | MAY_WRITE | MAY_READ | 8);
    event->asked[0] = MAY_ALL | MAY_EXEC;
    event->asked[1] = number & MAY_WRITE;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
