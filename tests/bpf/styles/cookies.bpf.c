// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One function for several programs, which knows by its cookie for which one it runs. */
#include "mark.h"

struct event {
    __u64 cookie;
    __u32 number;
};

const struct event *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int put(struct mark_context *context)
{
    struct event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->cookie = bpf_get_attach_cookie(context);
    event->number = (__u32)context->arguments[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}

MARK_SECTION
int one(struct mark_context *context)
{
    return put(context);
}

SEC("my_section")
int other(struct mark_context *context)
{
    return put(context);
}
