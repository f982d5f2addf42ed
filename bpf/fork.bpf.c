// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per new process, and with the option `threads` per new thread, made when the kernel
 * has set the task up and before it runs. The tracepoint task_newtask and not sched_process_fork:
 * it has the clone flags, and sees the threads of io_uring, too. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#define CLONE_THREAD 0x00010000
#define PF_KTHREAD   0x00200000u

const volatile _Bool threads = 0;

struct fork_event {
    __u64 ktime;
    struct process_fields; /* who forks */
    __u32 child_pid;
    __u32 child_tid;
    __u32 child_ppid;   /* CLONE_PARENT makes it a sibling */
    __u32 child_ns_pid; /* in its own pid namespace, which may be a new one */
    char child_comm[COMM_SIZE] __attribute__((aligned(8)));
    boottime_t child_start; /* of the process; with child_pid, its identity */
    __u64 child_cgroup_id;
    __u64 clone_flags; /* without the signal at the child's end */
    _Bool thread;
    _Bool kernel_thread;
    char texts[];
};

RINGMILL_EVENT(fork_event);
RINGMILL_RING(events, 1 << 20);

static __always_inline __u32 inner_pid(const struct task_struct *task)
{
    struct process_fields fields = {.pid = task->tgid};
    const struct pid *pid = task->thread_pid;

    if (pid->level == 0)
        return fields.pid;
    process_fill_inner_pid(&fields, pid);
    return fields.ns_pid;
}

static __always_inline void fill_child(struct fork_event *event, const struct task_struct *task)
{
    const struct task_struct *leader = task->group_leader;

    event->child_pid = task->tgid;
    event->child_tid = task->pid;
    event->child_ppid = leader->real_parent->tgid;
    event->child_ns_pid = inner_pid(leader);
    copy_comm(task, event->child_comm);
    event->child_start = leader->start_boottime;
    event->child_cgroup_id = task->cgroups->dfl_cgrp->kn->id;
    event->kernel_thread = (task->flags & PF_KTHREAD) != 0;
}

/* A child can begin in another cgroup than its parent's. */
static __always_inline _Bool is_fork_wanted(const struct task_struct *child)
{
    return is_wanted() || (wanted_cgroup && is_wanted_task(child));
}

SEC("tp_btf/task_newtask")
int ringmill_fork(struct task_newtask *context)
{
    _Bool thread = (context->clone_flags & CLONE_THREAD) != 0;
    struct fork_event *event;

    if ((thread && !threads) || !is_fork_wanted(context->task))
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    fill_child(event, context->task);
    event->clone_flags = context->clone_flags;
    event->thread = thread;
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
