// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* The programs that keep lineage.bpf.h true. */

#include "lineage.bpf.h"

enum { NUMBER_TRIES = 16 };

static __always_inline void copy_lineage(struct lineage *to, const struct lineage *from)
{
    *to = *from;
    to->is_busy = 0;
    to->has_forked = 0;
}

/* The child does not run yet. With CLONE_PARENT it becomes a sibling of the one that made it. */
SEC("tp_btf/sched_process_fork")
int lineage_fork(struct sched_process_fork *context)
{
    struct task_struct *child = context->child;
    struct task_struct *maker = bpf_get_current_task_btf();
    struct task_struct *leader = maker->group_leader;
    struct lineage_state *state = lineage_state_get();
    struct lineage *own, *new;

    if (!state || child->pid != child->tgid)
        return 0;
    own = lineage_of(leader, state);
    new = lineage_add(child, state);
    if (!new)
        return 0;
    if (!own)
        lineage_read_tree(new, child, state->renames);
    else if (child->real_parent->tgid != leader->tgid)
        copy_lineage(new, own);
    else {
        own->has_forked = 1;
        inherit(new, leader, own);
    }
    return 0;
}

static __always_inline void drop_oldest(__u64 number, const struct process_id *oldest)
{
    const struct rename *old = bpf_map_lookup_elem(&renames, oldest);

    if (old && old->number + RENAMES_MAX == number)
        bpf_map_delete_elem(&renames, oldest);
}

/* A number that nobody else has; false: too many want one at this moment. Older BPF instruction
 * sets have no addition that returns what was there. */
static __always_inline _Bool take_number(struct lineage_state *state, __u64 *ret)
{
    for (int i = 0; i < NUMBER_TRIES; i++) {
        __u64 number = state->numbers;

        if (__sync_val_compare_and_swap(&state->numbers, number, number + 1) == number) {
            *ret = number;
            return 1;
        }
    }
    return 0;
}

/* A process that has not forked is in nobody's lineage. */
SEC("tp_btf/task_rename")
int lineage_rename(struct task_rename *context)
{
    struct task_struct *task = context->task;
    struct lineage_state *state = lineage_state_get();
    struct process_id id = {.pid = task->tgid};
    struct process_id *place;
    struct lineage *own;
    struct rename new = {};
    __u32 at;

    if (!state || task->pid != task->tgid)
        return 0;
    own = bpf_task_storage_get(&lineages, task, NULL, 0);
    if (own && !own->has_forked)
        return 0;
    id.start = task->start_boottime;
    if (!take_number(state, &new.number)) {
        __sync_fetch_and_add(&state->no_memory, 1);
        return 0;
    }
    at = new.number % RENAMES_MAX;
    place = bpf_map_lookup_elem(&rename_order, &at);
    if (!place)
        return 0;
    drop_oldest(new.number, place);
    *place = id;
    bpf_probe_read_kernel_str(new.name, sizeof(new.name), context->comm);
    if (bpf_map_update_elem(&renames, &id, &new, BPF_ANY))
        __sync_fetch_and_add(&state->no_memory, 1);
    __sync_fetch_and_add(&state->renames, 1);
    return 0;
}

/* A thread that calls exec ends all others and becomes the main thread. The previous main thread
 * ends here first, and leaves the lineage to it. */
SEC("tp_btf/sched_process_exit")
int lineage_exit(struct sched_process_exit *context)
{
    struct task_struct *task = (void *)context->task;
    struct task_struct *next;
    struct lineage_state *state;
    const struct lineage *own;
    struct lineage *new;

    if (task->pid != task->tgid || !bpf_core_field_exists(task->signal->group_exec_task))
        return 0;
    next = task->signal->group_exec_task;
    if (!next)
        return 0;
    state = lineage_state_get();
    own = bpf_task_storage_get(&lineages, task, NULL, 0);
    if (!state || !own)
        return 0;
    new = lineage_add(next, state);
    if (new) {
        copy_lineage(new, own);
        new->has_forked = own->has_forked;
    }
    return 0;
}

/* Processes that were there before, and names that nobody has read for long. */
SEC("iter/task")
int lineage_iterate(struct bpf_iter__task *context)
{
    struct task_struct *task = context->task;
    struct lineage_state *state = lineage_state_get();

    if (!task || !state || task->pid != task->tgid)
        return 0;
    lineage_of(task, state);
    return 0;
}
