// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The arguments of the task, from its own memory. */
#include "mark.h"

#include <bpf/bpf_core_read.h>

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
} __attribute__((preserve_access_index));

struct task_struct {
    struct mm_struct *mm;
} __attribute__((preserve_access_index));

#define ARGS_MAX 64

struct args_event {
    __u32 number;
    __u32 args_total;
    char args[ARGS_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    unsigned long start = BPF_CORE_READ(task, mm, arg_start);
    struct args_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = (__u32)context->arguments[1];
    event->args_total = BPF_CORE_READ(task, mm, arg_end) - start;
    if (bpf_probe_read_user(event->args, sizeof(event->args), (void *)start) < 0) {
        bpf_ringbuf_discard(event, 0);
        return 0;
    }
    bpf_ringbuf_submit(event, 0);
    return 0;
}
