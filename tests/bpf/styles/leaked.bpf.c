// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The second commonest mistake: one way out neither submits nor discards the record. */
#include "mark.h"

struct event {
    __u64 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct event *unused_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event || !is_mark(context))
        return 0;
    event->number = context->arguments[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
