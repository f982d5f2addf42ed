// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel's stack, as most profilers take it, once by its meaning and once as numbers. */
#include "mark.h"

enum { DEPTH = 24 };

struct stacks {
    __u64 number;
    __u64 numbers[DEPTH];
    __u64 kstack[DEPTH];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 262144);
} events SEC(".maps");

const struct stacks *unused_stacks __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    struct stacks *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    __builtin_memset(event->kstack, 0, sizeof(event->kstack));
    bpf_get_stack(context, event->kstack, sizeof(event->kstack), 0);
    __builtin_memcpy(event->numbers, event->kstack, sizeof(event->numbers));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
