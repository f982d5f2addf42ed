// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The reader is woken when enough is there, and at the last record. */
#include "mark.h"

struct quiet_event {
    __u64 number;
    __u64 available;
};

const volatile long wakeup_data_size = 4096;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} rb SEC(".maps");

static __always_inline long get_flags(void)
{
    if (!wakeup_data_size)
        return 0;
    return bpf_ringbuf_query(&rb, BPF_RB_AVAIL_DATA) >= (__u64)wakeup_data_size
               ? BPF_RB_FORCE_WAKEUP
               : BPF_RB_NO_WAKEUP;
}

MARK_SECTION
int mark(struct mark_context *context)
{
    struct quiet_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&rb, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->available = bpf_ringbuf_query(&rb, BPF_RB_RING_SIZE);
    bpf_ringbuf_submit(event, get_flags());
    return 0;
}
