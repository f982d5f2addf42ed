// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A raw tracepoint whose arguments a macro casts: pointers of the kernel, read by CO-RE. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct task_struct {
    int pid;
    int tgid;
    unsigned int flags;
    char comm[16];
} __attribute__((preserve_access_index));

struct name_event {
    int tgid;
    int pid;
    char old[16];
    char new[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("raw_tp/task_rename")
int BPF_PROG(on_rename, struct task_struct *task, const char *name)
{
    struct name_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    (void)ctx;
    if (!event)
        return 0;
    event->tgid = BPF_CORE_READ(task, tgid);
    event->pid = BPF_CORE_READ(task, pid);
    bpf_core_read_str(event->old, sizeof(event->old), &task->comm);
    bpf_probe_read_kernel_str(event->new, sizeof(event->new), name);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
