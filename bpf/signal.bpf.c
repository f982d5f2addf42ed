// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per signal that is sent, whatever becomes of it: `result` says that. The sender is the
 * task that was running. Where the kernel sends on its own account (code SI_KERNEL, SI_TIMER, or a
 * positive one, of a fault), that is the task it did so for, or whichever an interrupt found. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "names.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

/* Those that mean the same with every signal. */
enum signal_code {
    SI_TKILL = -6,
    SI_SIGIO,
    SI_ASYNCIO,
    SI_MESGQ,
    SI_TIMER,
    SI_QUEUE,
    SI_USER,
    SI_KERNEL = 128,
};

enum signal_result {
    TRACE_SIGNAL_DELIVERED,
    TRACE_SIGNAL_IGNORED,
    TRACE_SIGNAL_ALREADY_PENDING,
    TRACE_SIGNAL_OVERFLOW_FAIL,
    TRACE_SIGNAL_LOSE_INFO,
};

struct signal_event {
    __u64 ktime;
    struct process_fields; /* who sends */
    enum signal_number signal;
    enum signal_code code;
    __u32 target_pid; /* whom to */
    __u32 target_tid;
    __u32 target_uid;
    char target_comm[COMM_SIZE] __attribute__((aligned(8)));
    _Bool group; /* to the process; false: to that thread alone */
    enum signal_result result;
    char texts[];
};

enum { SIGNAL_RECORD_MAX = sizeof(struct signal_event) + ANCESTORS_BYTES };

RINGMILL_EVENT(signal_event);
RINGMILL_RING(events, 1 << 20);

/* The kernel passes two numbers in place of a pointer: 0 for a plain kill(), 1 for itself. */
static __always_inline int code_of(const struct kernel_siginfo *info)
{
    int code = SI_USER;

    if ((__u64)info == 1)
        return SI_KERNEL;
    bpf_core_read(&code, sizeof(code), &info->si_code);
    return code;
}

static __always_inline void fill_target(struct signal_event *event, const struct task_struct *task)
{
    event->target_pid = task->tgid;
    event->target_tid = task->pid;
    event->target_uid = task->cred->uid.val;
    copy_comm(task, event->target_comm);
}

SEC("tp_btf/signal_generate")
int ringmill_signal(struct signal_generate *context)
{
    struct signal_event *event;

    if (!is_wanted() && !is_wanted_task(context->task))
        return 0;
    event = ringmill_reserve(events, SIGNAL_RECORD_MAX);
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_current(PROCESS_FIELDS(event));
    fill_target(event, context->task);
    event->signal = context->signal;
    event->code = code_of(context->info);
    event->group = context->group != 0;
    event->result = context->result;
    process_fill_ancestors(PROCESS_FIELDS(event), event->texts,
                           offsetof(struct signal_event, texts), 0);
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
