// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Needs a member that this kernel's struct does not have, and does not ask first. */
#include "mark.h"

#include <bpf/bpf_core_read.h>

struct task_struct {
    int member_of_no_kernel;
} __attribute__((preserve_access_index));

struct event {
    __u32 number;
    __s32 member;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct event *unused_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct event event = {.number = (__u32)context->arguments[1]};

    if (!is_mark(context))
        return 0;
    event.member = BPF_CORE_READ(task, member_of_no_kernel);
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
