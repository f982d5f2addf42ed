// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The stacks of the kernel and of the process, as most profilers take them, once by their meaning
 * and once as numbers. */
#include "mark.h"

enum { DEPTH = 24 };

struct stacks {
    __u64 number;
    __u64 numbers[DEPTH];
    __u64 kstack[DEPTH];
    __u64 addresses[DEPTH];
    __u64 ustack[DEPTH];
    __u32 pid;
    __u32 tid;
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
    __builtin_memset(event->ustack, 0, sizeof(event->ustack));
    bpf_get_stack(context, event->ustack, sizeof(event->ustack), BPF_F_USER_STACK);
    __builtin_memcpy(event->addresses, event->ustack, sizeof(event->addresses));
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->tid = (__u32)bpf_get_current_pid_tgid();
    bpf_ringbuf_submit(event, 0);
    return 0;
}
