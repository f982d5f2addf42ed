// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per process, made by whichever of its threads ends last; the result is computed as
 * wait() does it. Linux 6.16 and later say themselves which thread is the last one. Before that,
 * all threads that end at the same time may find no other one alive, so the first of them that
 * comes here enters the process in `reported`, and the others find it there. Also the thread that
 * is the only one left has to look: the others may have come here before, and been reaped since. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

enum { REPORTED_MAX = 4096 }; /* processes ending at the same time, by far */

/* A test sets it, to try on any kernel what is done on those before Linux 6.16. */
#ifndef EXIT_AS_BEFORE_6_16
#define EXIT_AS_BEFORE_6_16 0
#endif

#define SIGNAL_GROUP_EXIT 4u /* signal_struct.flags: group_exit_code is the process's result */

struct exit_event {
    __u64 ktime;
    struct process_fields; /* tid and comm are the main thread's */
    __u64 lifetime_ns;     /* since the process was forked; an exec does not restart it */
    __s32 exit_code;       /* 0 to 255; 0 when a signal ended it */
    signal_t signal;       /* which one ended it, or 0 */
    _Bool core_dumped;
    char texts[];
};

enum { EXIT_RECORD_MAX = sizeof(struct exit_event) + ANCESTORS_BYTES };

struct process {
    __u64 start_time; /* tells apart two processes of the same pid */
    __u64 pid;
};

RINGMILL_EVENT(exit_event);
RINGMILL_RING(events, 1 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, REPORTED_MAX);
    __type(key, struct process);
    __type(value, char);
} reported SEC(".maps");

/* True for the first caller only. The only thread left cannot meet another one here, so a look is
 * enough, and costs a process that never had more threads less than an entry would. */
static __always_inline _Bool take_process(const struct task_struct *leader, _Bool alone)
{
    struct process process = {.start_time = leader->start_time, .pid = leader->tgid};
    char value = 0;

    if (alone)
        return !bpf_map_lookup_elem(&reported, &process);
    return bpf_map_update_elem(&reported, &process, &value, BPF_NOEXIST) == 0;
}

static __always_inline _Bool is_last_thread(const struct sched_process_exit *context,
                                            const struct task_struct *leader,
                                            const struct signal_struct *signal)
{
    const struct trace_event_raw_sched_process_exit *format = NULL;

    if (!EXIT_AS_BEFORE_6_16 && bpf_core_field_exists(format->group_dead))
        return context->group_dead & 1;
    return signal->live.counter == 0 && take_process(leader, signal->nr_threads <= 1);
}

/* The wait status, as wait_task_zombie() in the kernel's kernel/exit.c takes it. Where threads end
 * one by one, that is the main thread's code, and on newer kernels the last thread's. */
static __always_inline __u32 wait_status(const struct task_struct *leader,
                                         const struct signal_struct *signal)
{
    return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : leader->exit_code;
}

/* The last thread knows its namespaces still; a main thread that has ended before does not. */
static __always_inline void fill(struct exit_event *event, const struct task_struct *last,
                                 const struct task_struct *leader, __u32 status)
{
    event->ktime = bpf_ktime_get_ns();
    process_fill_task(PROCESS_FIELDS(event), last);
    event->tid = event->pid;
    copy_comm(leader, event->comm);
    event->lifetime_ns = event->ktime - leader->start_time;
    event->exit_code = (status >> 8) & 0xff;
    event->signal = status & 0x7f;
    event->core_dumped = (status & 0x80) != 0;
}

SEC("tp_btf/sched_process_exit")
int ringmill_exit(struct sched_process_exit *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct task_struct *leader = task->group_leader;
    const struct signal_struct *signal = task->signal;
    struct exit_event *event;

    if (!is_wanted() || !is_last_thread(context, leader, signal))
        return 0;
    event = ringmill_reserve(events, EXIT_RECORD_MAX);
    if (!event)
        return 0;
    fill(event, task, leader, wait_status(leader, signal));
    process_fill_ancestors(PROCESS_FIELDS(event), event->texts, offsetof(struct exit_event, texts),
                           0);
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
