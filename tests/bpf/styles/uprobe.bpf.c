// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where it is attached, only the config knows: a function of a program with its first argument. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call_event {
    __u64 ktime;
    __u32 pid;
    __u32 number;
};

const struct call_event *unused_call_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("uprobe")
int on_call(struct pt_regs *context)
{
    struct call_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->number = (__u32)PT_REGS_PARM1(context);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
