// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a task did before lies in storage of the task itself. */
#include "mark.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

struct history {
    __u64 calls;
    __u64 last;
};

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct history);
} histories SEC(".maps");

struct history_event {
    __u64 number;
    __u64 calls;
    __u64 last;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs)
{
    struct task_struct *task = bpf_get_current_task_btf();
    __u64 first, number, third;
    struct history_event *event;
    struct history *history;

    (void)ctx;
    bpf_probe_read_kernel(&first, sizeof(first), &PT_REGS_PARM1_SYSCALL(regs));
    bpf_probe_read_kernel(&third, sizeof(third), &PT_REGS_PARM3_SYSCALL(regs));
    if (first != MARK || third != mark_key)
        return 0;
    bpf_probe_read_kernel(&number, sizeof(number), &PT_REGS_PARM2_SYSCALL(regs));
    history = bpf_task_storage_get(&histories, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!history)
        return 0;
    history->calls++;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (event) {
        event->number = number;
        event->calls = history->calls;
        event->last = history->last;
        bpf_ringbuf_submit(event, 0);
    }
    history->last = number;
    return 0;
}
