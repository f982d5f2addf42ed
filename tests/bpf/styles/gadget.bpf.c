// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As for Inspektor Gadget: its macro says which map carries which type. */
#include "mark.h"

#define GADGET_TRACER(name, map_name, event_type)                                             \
    const void *gadget_tracer_##name##___##map_name##___##event_type __attribute__((unused)); \
    const struct event_type *__gadget_tracer_type_##name __attribute__((unused));

struct other {
    __u64 not_this;
};

struct gadget_event {
    __u64 timestamp_raw;
    __u64 number;
};

const struct other *unused_other __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

GADGET_TRACER(mark, events, gadget_event);

MARK_SECTION
int mark(struct mark_context *context)
{
    struct gadget_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->timestamp_raw = bpf_ktime_get_boot_ns();
    event->number = context->arguments[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
