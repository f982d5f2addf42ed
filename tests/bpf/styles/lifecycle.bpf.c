// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The life of a process by three hooks of three kinds, in one ring. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct linux_binprm;

struct task_struct {
    int pid;
    int tgid;
    int exit_code;
    struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct exec_context {
    __u64 common;
    __u32 data_loc_filename;
    int pid;
    int old_pid;
};

struct life_event {
    enum { LIFE_FORK, LIFE_EXEC, LIFE_EXIT } what;
    int pid;
    int ppid;
    unsigned exit_code;
    bool is_thread;
    char comm[16];
    char filename[127];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} events SEC(".maps");

static __always_inline struct life_event *reserve(int what)
{
    struct life_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (event) {
        __builtin_memset(event, 0, sizeof(*event));
        event->what = what;
        bpf_get_current_comm(&event->comm, sizeof(event->comm));
    }
    return event;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
    struct life_event *event = reserve(LIFE_FORK);

    (void)ctx;
    if (!event)
        return 0;
    event->pid = child->pid;
    event->ppid = parent->tgid;
    event->is_thread = child->pid != child->tgid;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("tp/sched/sched_process_exec")
int on_exec(struct exec_context *context)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    unsigned offset = context->data_loc_filename & 0xffff;
    struct life_event *event = reserve(LIFE_EXEC);

    if (!event)
        return 0;
    event->pid = context->pid;
    event->ppid = BPF_CORE_READ(task, real_parent, tgid);
    bpf_probe_read_str(&event->filename, sizeof(event->filename), (void *)context + offset);
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *context)
{
    struct task_struct *task = (struct task_struct *)context->args[0];
    struct life_event *event = reserve(LIFE_EXIT);

    if (!event)
        return 0;
    event->pid = BPF_CORE_READ(task, pid);
    event->ppid = BPF_CORE_READ(task, real_parent, tgid);
    event->exit_code = BPF_CORE_READ(task, exit_code) >> 8 & 0xff;
    event->is_thread = event->pid != BPF_CORE_READ(task, tgid);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
