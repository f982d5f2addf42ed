// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every system call by one raw tracepoint, sorted out by the program. */
#include "mark.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

struct syscall_event {
    __u64 number;
    __s64 syscall;
    __u32 tgid;
    __u32 tid;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("raw_tracepoint/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *context)
{
    struct pt_regs *regs = (struct pt_regs *)context->args[0];
    __u64 first, second, third, id = bpf_get_current_pid_tgid();
    struct syscall_event *event;

    bpf_probe_read_kernel(&first, sizeof(first), &PT_REGS_PARM1_SYSCALL(regs));
    bpf_probe_read_kernel(&third, sizeof(third), &PT_REGS_PARM3_SYSCALL(regs));
    if (first != MARK || third != mark_key)
        return 0;
    bpf_probe_read_kernel(&second, sizeof(second), &PT_REGS_PARM2_SYSCALL(regs));
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = second;
    event->syscall = context->args[1];
    event->tgid = id >> 32;
    event->tid = (__u32)id;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
