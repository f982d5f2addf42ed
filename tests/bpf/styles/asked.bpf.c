// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Loads a part of its programs only when asked to: SEC("?..."). */
#include "mark.h"

struct asked_event {
    __u32 number;
    __u32 which;
};

const struct asked_event *unused_asked_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int put(struct mark_context *context, __u32 which)
{
    struct asked_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->which = which;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

MARK_SECTION
int always(struct mark_context *context)
{
    return put(context, 1);
}

SEC("?tracepoint/syscalls/sys_enter_prctl")
int asked(struct mark_context *context)
{
    return put(context, 2);
}

SEC("?tracepoint/syscalls/sys_enter_of_another_kernel")
int elsewhere(struct mark_context *context)
{
    return put(context, 3);
}
