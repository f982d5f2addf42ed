// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One struct for all kinds of records, and an enum that says which: what a kind lacks is zero. */
#include "mark.h"

enum event_kind {
    EVENT_FORK = 1,
    EVENT_EXEC,
    EVENT_EXIT,
};

struct process_event {
    enum event_kind kind;
    __u32 number;
    __u32 parent;
    __s32 exit_code;
    char filename[24];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline struct process_event *reserve(enum event_kind kind, __u64 number)
{
    struct process_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (event) {
        __builtin_memset(event, 0, sizeof(*event));
        event->kind = kind;
        event->number = (__u32)number;
    }
    return event;
}

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct process_event *event;

    if (!is_mark(context))
        return 0;
    event = reserve(EVENT_FORK, number);
    if (event) {
        event->parent = (__u32)number + 1000;
        bpf_ringbuf_submit(event, 0);
    }
    event = reserve(EVENT_EXEC, number);
    if (event) {
        __builtin_memcpy(event->filename, "/bin/true", 10);
        bpf_ringbuf_submit(event, 0);
    }
    event = reserve(EVENT_EXIT, number);
    if (event) {
        event->exit_code = -(__s32)number;
        bpf_ringbuf_submit(event, 0);
    }
    return 0;
}
