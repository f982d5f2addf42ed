// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Never wakes its reader: what it writes is found by looking again. */
#include "mark.h"

struct quiet_event {
    __u64 number;
};

const struct quiet_event *unused_quiet_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct quiet_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
    return 0;
}
