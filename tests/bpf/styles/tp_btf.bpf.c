// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tracepoint with typed arguments, by the macro that names them. */
#include "mark.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

struct enter_event {
    __u64 number;
    long id;
    __u64 cgroup_id;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long id)
{
    __u64 values[3];
    struct enter_event *event;

    (void)ctx;
    bpf_probe_read_kernel(&values[0], sizeof(__u64), &PT_REGS_PARM1_SYSCALL(regs));
    bpf_probe_read_kernel(&values[1], sizeof(__u64), &PT_REGS_PARM2_SYSCALL(regs));
    bpf_probe_read_kernel(&values[2], sizeof(__u64), &PT_REGS_PARM3_SYSCALL(regs));
    if (values[0] != MARK || values[2] != mark_key)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = values[1];
    event->id = id;
    event->cgroup_id = bpf_get_current_cgroup_id();
    bpf_ringbuf_submit(event, 0);
    return 0;
}
