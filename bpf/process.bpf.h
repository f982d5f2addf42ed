// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Who did it: the fields that the records of all built-in sources share. A record has them as an
 * unnamed member, so they are fields of the record itself (-fms-extensions):
 *
 *     struct open_event {
 *         __u64 ktime;
 *         struct process_fields;
 *         ...
 *     };
 *
 *     process_fill_current(PROCESS_FIELDS(event));
 *
 * They are read from the task itself: a helper call for each would cost more than all of these
 * loads. Where a pointer on the way is NULL, the kernel lets the load give 0. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage.bpf.h"
#include "names.bpf.h"

enum { TTY_SIZE = 16 };

struct process_fields {
    __u32 pid;
    __u32 tid;
    __u32 ppid;
    __u32 ns_pid; /* pid as the process itself sees it, in its own pid namespace */
    __u32 uid;
    __u32 gid;
    __u32 loginuid; /* 4294967295: not set, as in /proc/PID/loginuid */
    __u32 session;
    char comm[COMM_SIZE]; /* the thread's */
    char parent_comm[COMM_SIZE];
    char tty[TTY_SIZE]; /* as in "pts/0"; empty: none */
    boottime_t start;   /* of the process; with pid, what no other process has until a reboot */
    __u64 cgroup_id;
    __u32 mntns; /* these four as in /proc/PID/ns */
    __u32 pidns;
    __u32 netns;
    __u32 userns;
    _Bool namespaces_known;          /* false: the process has left mntns and netns already */
    _Bool ancestors_known;           /* false: how many there are, and their pids, is unknown */
    struct ringmill_texts ancestors; /* names of the processes above it, nearest first */
    ringmill_count ancestor_count;
    __u32 ancestor_pids[ANCESTORS_MAX];
};

/* Of a record that has them. */
#define PROCESS_FIELDS(record) ((struct process_fields *)&(record)->pid)

enum { LOGINUID_UNSET = 0xffffffff };

/* Where the kernel has no audit, nobody has set it. */
static __always_inline __u32 process_loginuid(const struct task_struct *task)
{
    return bpf_core_field_exists(task->loginuid) ? task->loginuid.val : LOGINUID_UNSET;
}

/* The kernel's name "pts0" becomes "pts/0", as ps and /dev have it. The terminal may go away
 * meanwhile; the load is safe, and gives what was there. */
static __always_inline void process_fill_tty(struct process_fields *fields,
                                             const struct signal_struct *signal)
{
    const struct tty_struct *tty = signal->tty;
    const __u64 *name = __builtin_preserve_access_index((const __u64 *)tty->name);
    __u64 *to = (__u64 *)fields->tty;
    __u64 first, second;

    to[0] = 0;
    to[1] = 0;
    if (!tty)
        return;
    first = name[0];
    second = name[1];
    if ((first & 0xffffff) == ('p' | 't' << 8 | 's' << 16)) {
        second = second << 8 | first >> 56;
        first = (first & 0xffffff) | '/' << 24 | first >> 24 << 32;
    }
    to[0] = first;
    to[1] = second & 0x00ffffffffffffff;
}

/* The pid and its namespace where that is not the first one, whose processes have one pid only. */
static __always_inline void process_fill_inner_pid(struct process_fields *fields,
                                                   const struct pid *pid)
{
    const struct upid *numbers = (void *)pid + bpf_core_field_offset(pid->numbers);
    const struct pid_namespace *namespace = NULL;

    numbers += pid->level;
    bpf_core_read(&fields->ns_pid, sizeof(fields->ns_pid), &numbers->nr);
    bpf_core_read(&namespace, sizeof(namespace), &numbers->ns);
    bpf_core_read(&fields->pidns, sizeof(fields->pidns), &namespace->ns.inum);
}

static __always_inline void process_fill_namespaces(struct process_fields *fields,
                                                    const struct task_struct *task,
                                                    const struct task_struct *leader)
{
    const struct nsproxy *namespaces = task->nsproxy;
    const struct pid *pid = leader->thread_pid;

    fields->namespaces_known = namespaces != NULL;
    fields->mntns = namespaces->mnt_ns->ns.inum;
    fields->netns = namespaces->net_ns->ns.inum;
    fields->userns = task->cred->user_ns->ns.inum;
    fields->ns_pid = fields->pid;
    fields->pidns = FIRST_PIDNS;
    if (pid->level > 0)
        process_fill_inner_pid(fields, pid);
}

static __always_inline void process_no_ancestors(struct process_fields *fields)
{
    fields->ancestors.offset = RINGMILL_NO_TEXT;
    fields->ancestors.length = 0;
    fields->ancestors_known = 0;
    fields->ancestor_count = 0;
}

/* Fills all fields but the ancestors from a task: a thread of the process. */
static __always_inline void process_fill_task(struct process_fields *fields,
                                              const struct task_struct *task)
{
    const struct task_struct *leader = task->group_leader;
    const struct task_struct *parent = leader->real_parent->group_leader;
    const struct cred *cred = task->cred;
    const struct signal_struct *signal = task->signal;

    fields->pid = task->tgid;
    fields->tid = task->pid;
    fields->ppid = parent->tgid;
    fields->uid = cred->uid.val;
    fields->gid = cred->gid.val;
    fields->loginuid = process_loginuid(task);
    fields->session = signal->pids[PIDTYPE_SID]->numbers[0].nr;
    copy_comm(task, fields->comm);
    copy_comm(parent, fields->parent_comm);
    process_fill_tty(fields, signal);
    fields->start = leader->start_boottime;
    fields->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
    process_fill_namespaces(fields, task, leader);
    process_no_ancestors(fields);
}

static __always_inline void process_fill_current(struct process_fields *fields)
{
    process_fill_task(fields, (void *)bpf_get_current_task_btf());
}

/* Returns how many bytes of texts are used then: up to ANCESTORS_BYTES more. */
static __always_inline __u64 process_put_names(const struct lineage *lineage, char *texts,
                                               __u64 used)
{
    const struct lineage_names *names = &lineage->sides[lineage->side & 1];

    for (__u32 i = 0; i < ANCESTORS_MAX && i < lineage->count; i++) {
        const __u64 *name = (const __u64 *)names->names[i];
        __u64 *to = (__u64 *)(texts + used);

        to[0] = name[0];
        to[1] = name[1];
        used += (names->lengths[i] & (COMM_SIZE - 1)) + 1;
    }
    return used;
}

/* Fills the ancestors of the process that runs. Their names are texts of the record: they follow
 * the first `used` bytes of texts, which begin `begin` bytes after the record's start and have room
 * for ANCESTORS_BYTES more. Returns the same as above. */
static __always_inline __u64 process_fill_ancestors(struct process_fields *fields, char *texts,
                                                    __u64 begin, __u64 used)
{
    struct task_struct *task = (void *)bpf_get_current_task_btf();
    struct lineage_state *state = lineage_state_get();
    const struct lineage *lineage = state ? lineage_of(task->group_leader, state) : NULL;
    __u64 end;

    if (!lineage)
        return used;
    fields->ancestors_known = 1;
    fields->ancestor_count = lineage->count;
    __builtin_memcpy(fields->ancestor_pids, lineage->pids, sizeof(lineage->pids));
    if (!lineage->has_names)
        return used;
    end = process_put_names(lineage, texts, used);
    fields->ancestors.offset = begin + used;
    fields->ancestors.length = end - used;
    return end;
}

/* What a map remembers of a process, for a record of it that another task makes. */
struct process_memory {
    struct process_fields fields;
    char names[ANCESTORS_BYTES];
};

static __always_inline void process_remember_current(struct process_memory *memory)
{
    process_fill_current(&memory->fields);
    process_fill_ancestors(&memory->fields, memory->names, 0, 0);
}

/* The texts of the record, with ANCESTORS_BYTES of room, begin `begin` bytes after its start. */
static __always_inline void process_recall(struct process_fields *fields, char *texts, __u64 begin,
                                           const struct process_memory *memory)
{
    __builtin_memcpy(fields, &memory->fields, sizeof(*fields));
    if (fields->ancestors.offset != RINGMILL_NO_TEXT)
        fields->ancestors.offset = begin;
    __builtin_memcpy(texts, memory->names, ANCESTORS_BYTES);
}

/* Nobody is known. */
static __always_inline void process_forget(struct process_fields *fields)
{
    __builtin_memset(fields, 0, sizeof(*fields));
    process_no_ancestors(fields);
}

/* For a record of the current process whose size is fixed, but for `char texts[]` at its end. */
#define PROCESS_RECORD_SIZE(record) (sizeof(record) + ANCESTORS_BYTES)
#define process_fill_record(event)                                    \
    ({                                                                \
        process_fill_current(PROCESS_FIELDS(event));                  \
        process_fill_ancestors(PROCESS_FIELDS(event), (event)->texts, \
                               offsetof(typeof(*(event)), texts), 0); \
    })
