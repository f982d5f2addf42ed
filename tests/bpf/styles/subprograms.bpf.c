// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A function that the verifier looks at by itself, one that it follows, and one that is inlined. */
#include "mark.h"

struct called_event {
    __u64 number;
    __u64 doubled;
    __u64 added;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

__noinline int twice(int number)
{
    return number * 2;
}

static __noinline __u64 add(__u64 left, __u64 right)
{
    return left + right;
}

static __noinline struct called_event *reserve(void)
{
    return bpf_ringbuf_reserve(&events, sizeof(struct called_event), 0);
}

MARK_SECTION
int mark(struct mark_context *context)
{
    struct called_event *event;
    __u64 number = context->arguments[1];

    if (!is_mark(context))
        return 0;
    event = reserve();
    if (!event)
        return 0;
    event->number = number;
    event->doubled = twice((int)number);
    event->added = add(number, 100);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
