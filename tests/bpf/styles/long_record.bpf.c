// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Some of its records make events that are longer than most sinks take, and some are too long for
 * all of them. */
#include "mark.h"

#define LONG_BYTES   40000
#define LONGER_BYTES 150000

struct long_event {
    __u64 number;
    __u8 data[];
};

const struct long_event *unused_long_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct long_event *event;

    if (!is_mark(context))
        return 0;
    if (number % 3 == 0)
        event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    else if (number % 3 == 1)
        event = bpf_ringbuf_reserve(&events, sizeof(*event) + LONG_BYTES, 0);
    else
        event = bpf_ringbuf_reserve(&events, sizeof(*event) + LONGER_BYTES, 0);
    if (!event)
        return 0;
    event->number = number;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
