// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How long a task was off its CPU, from two switches. Its own user space says of which process. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 targ_tgid = 0;

struct task_struct {
    int pid;
    int tgid;
    int prio;
    char comm[16];
} __attribute__((preserve_access_index));

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, __u32);
    __type(value, __u64);
} start SEC(".maps");

struct switch_event {
    __u64 ts;
    __u64 delta_us;
    __u32 pid;
    __u32 tgid;
    int prio;
    char task[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
    __u64 now = bpf_ktime_get_ns(), *begun;
    struct switch_event *event;
    __u32 pid = prev->pid;

    (void)ctx;
    (void)preempt;
    if (!targ_tgid || (__u32)prev->tgid == targ_tgid)
        bpf_map_update_elem(&start, &pid, &now, BPF_ANY);
    pid = next->pid;
    begun = bpf_map_lookup_elem(&start, &pid);
    if (!begun)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (event) {
        event->ts = now;
        event->delta_us = (now - *begun) / 1000;
        event->pid = pid;
        event->tgid = next->tgid;
        event->prio = next->prio;
        bpf_core_read_str(event->task, sizeof(event->task), &next->comm);
        bpf_ringbuf_submit(event, 0);
    }
    bpf_map_delete_elem(&start, &pid);
    return 0;
}
