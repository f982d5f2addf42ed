// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per process that the kernel kills because memory ran out. Before Linux 6.10 the
 * tracepoint gives a number only. There the kernel sends SIGKILL to the victim just before, in the
 * same task, so another program takes what is known of the victim from that. If the victim is
 * ending already, no signal is sent, and it is known only if it is the current task. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#define SIGKILL          9
#define SIGNAL_OF_KERNEL 1 /* SEND_SIG_PRIV, in place of a pointer */

enum {
    KILLS_MAX = 1024, /* tasks that kill others by SIGKILL of the kernel at the same time, by far */
    STACK_MAX = 64,   /* frames that are looked at */
    CALLER_SIZE = 1024, /* bytes in which mem_cgroup_out_of_memory() calls out_of_memory() */
    MM_FILEPAGES = 0,
    MM_ANONPAGES = 1,
    MM_SHMEMPAGES = 3,
};

const volatile __u64 page_size = 4096; /* set by the loader */

enum oom_constraint {
    OOM_GLOBAL,
    OOM_MEMCG,
};

struct victim {
    __u32 victim_pid;
    __u32 victim_tid;
    __u32 victim_uid;
    __s32 oom_score_adj;
    char victim_comm[COMM_SIZE];
    boottime_t victim_start;
    __u64 victim_cgroup_id;
    __u64 total_vm; /* this and those below in bytes */
    __u64 anon_rss;
    __u64 file_rss;
    __u64 shmem_rss;
    __u64 page_tables;
};

struct found {
    struct victim victim;
    _Bool known;
    _Bool wanted;
};

struct oom_event {
    __u64 ktime;
    struct process_fields; /* whose need of memory it was */
    enum oom_constraint constraint;
    _Bool constraint_known; /* false: the kernel hides its functions' addresses */
    _Bool victim_known;     /* else all of it but victim_tid is unknown */
    struct victim;
    char texts[];
};

RINGMILL_EVENT(oom_event);
RINGMILL_RING(events, 256 << 10);

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, KILLS_MAX);
    __type(key, __u64); /* the address of the task that kills */
    __type(value, struct found);
} killed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64[STACK_MAX]);
} stacks SEC(".maps");

/* The only function of memory cgroups that calls the killer; its address is 0 if it is hidden. */
extern const void mem_cgroup_out_of_memory __ksym __weak;

#define VICTIM_FIELDS(record) ((struct victim *)&(record)->victim_pid)

/* Asks the BTF of the kernel, so it is known when the program is loaded. */
static __always_inline _Bool has_task(void)
{
    const struct trace_event_raw_mark_victim *format = NULL;

    return bpf_core_field_exists(format->uid);
}

/* ---- the victim -------------------------------------------------------------------------------
 */

/* A count may be below 0 for a moment. */
static __always_inline __u64 pages(__s64 count)
{
    return count > 0 ? count : 0;
}

/* `kind` is a constant. */
#define RSS(mm, kind)                                                                     \
    (pages(bpf_core_type_exists(struct mm_rss_stat)                                       \
               ? BPF_CORE_READ((const struct mm_struct___before_6_2 *)(const void *)(mm), \
                               rss_stat.count[kind].counter)                              \
               : BPF_CORE_READ(mm, rss_stat[kind].count)) *                               \
     page_size)

static __always_inline void fill_memory(struct victim *victim, const struct mm_struct *mm)
{
    victim->total_vm = BPF_CORE_READ(mm, total_vm) * page_size;
    victim->anon_rss = RSS(mm, MM_ANONPAGES);
    victim->file_rss = RSS(mm, MM_FILEPAGES);
    victim->shmem_rss = RSS(mm, MM_SHMEMPAGES);
    victim->page_tables = BPF_CORE_READ(mm, pgtables_bytes.counter);
}

static __always_inline void fill_victim(struct found *found, const struct task_struct *task)
{
    struct victim *victim = &found->victim;

    victim->victim_pid = task->tgid;
    victim->victim_tid = task->pid;
    victim->victim_uid = task->cred->uid.val;
    victim->oom_score_adj = task->signal->oom_score_adj;
    copy_comm(task, victim->victim_comm);
    victim->victim_start = task->group_leader->start_boottime;
    victim->victim_cgroup_id = task->cgroups->dfl_cgrp->kn->id;
    fill_memory(victim, task->mm);
    found->known = 1;
    found->wanted = is_wanted_task(task);
}

SEC("tp_btf/signal_generate")
int ringmill_oom_kill(struct signal_generate *context)
{
    __u64 key = (__u64)bpf_get_current_task_btf();
    struct found found = {};

    if (has_task() || context->signal != SIGKILL || (__u64)context->info != SIGNAL_OF_KERNEL)
        return 0;
    fill_victim(&found, context->task);
    bpf_map_update_elem(&killed, &key, &found, BPF_ANY);
    return 0;
}

/* The thread with that number. */
static __always_inline void find_victim(struct found *found, int tid)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    __u64 key = (__u64)task;
    const struct found *known = bpf_map_lookup_elem(&killed, &key);

    if (known && known->victim.victim_tid == (__u32)tid) {
        *found = *known;
    } else if (task->pid == tid) {
        fill_victim(found, task);
    } else {
        found->victim.victim_tid = tid;
        found->known = 0;
    }
}

/* ---- why ------------------------------------------------------------------------------------- */

static __always_inline void fill_constraint(struct oom_event *event, void *context)
{
    __u64 start = (__u64)&mem_cgroup_out_of_memory;
    __u32 key = 0;
    __u64 *stack = bpf_map_lookup_elem(&stacks, &key);
    long bytes = stack && start ? bpf_get_stack(context, stack, STACK_MAX * sizeof(*stack), 0) : 0;

    event->constraint = OOM_GLOBAL;
    event->constraint_known = bytes > 0;
    if (!stack)
        return;
    for (int i = 0; i < STACK_MAX && (i + 1) * (long)sizeof(*stack) <= bytes; i++)
        if (stack[i] - start < CALLER_SIZE)
            event->constraint = OOM_MEMCG;
}

SEC("tp_btf/mark_victim")
int ringmill_oom(struct mark_victim *context)
{
    struct found found = {.known = 1};
    struct oom_event *event;

    if (has_task())
        fill_victim(&found, context->task);
    else
        find_victim(&found, (int)(__u64)context->task);
    if (!found.wanted && !is_wanted())
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    fill_constraint(event, context);
    event->victim_known = found.known;
    __builtin_memcpy(VICTIM_FIELDS(event), &found.victim, sizeof(found.victim));
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
