// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What CO-RE can do: members moved, missing, or of another kernel; sizes and enum values. */
#include "mark.h"

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct task_struct *group_leader;
    char comm[16];
};

struct task_struct___of_no_kernel {
    int wanted_by_nobody;
};

struct sched_entity {
    __u64 vruntime;
};
#pragma clang attribute pop

enum pid_type {
    PIDTYPE_PID = 77, /* the kernel's is another */
    PIDTYPE_TGID,
};

struct task_event {
    __u32 number;
    __u32 tgid;
    __u32 ppid;
    __u32 leader;
    char comm[16];
    char parent_comm[16];
    __u32 entity_size;
    bool has_it;
    bool has_enum;
    __u8 tgid_type;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct task_struct___of_no_kernel *other = (void *)task;
    struct task_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = (__u32)context->arguments[1];
    event->tgid = BPF_CORE_READ(task, tgid);
    event->ppid = BPF_CORE_READ(task, real_parent, tgid);
    event->leader = BPF_CORE_READ(task, group_leader, pid);
    bpf_core_read_str(event->comm, sizeof(event->comm), &task->comm);
    BPF_CORE_READ_STR_INTO(&event->parent_comm, task, real_parent, comm);
    event->entity_size = bpf_core_type_size(struct sched_entity) > sizeof(__u64);
    event->has_it = bpf_core_field_exists(other->wanted_by_nobody);
    if (event->has_it)
        event->ppid = BPF_CORE_READ(other, wanted_by_nobody);
    event->has_enum = bpf_core_enum_value_exists(enum pid_type, PIDTYPE_TGID);
    event->tgid_type = bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
