// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Iterators that write a record for each thread of a process, and for each element of a map: as
 * often as somebody runs them. */
#include "mark.h"

#include <bpf/bpf_tracing.h>

struct task_struct {
    int pid;
    int tgid;
    char comm[16];
} __attribute__((preserve_access_index));

struct bpf_iter__task {
    void *meta;
    struct task_struct *task;
};

struct bpf_iter__bpf_map_elem {
    void *meta;
    void *map;
    __u32 *key;
    __u64 *value;
};

struct found {
    __u64 number;
    __u32 run;
    char comm[16];
};

const struct found *unused_found __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 3);
    __type(key, __u32);
    __type(value, __u64);
} numbers SEC(".maps");

__u32 runs = 0;

static __always_inline struct found *reserve(__u64 number)
{
    struct found *found = bpf_ringbuf_reserve(&events, sizeof(*found), 0);

    if (!found)
        return 0;
    __builtin_memset(found, 0, sizeof(*found));
    found->number = number;
    found->run = runs;
    return found;
}

SEC("iter/task")
int each_task(struct bpf_iter__task *context)
{
    struct task_struct *task = context->task;
    struct found *found;

    if (!task) {
        runs++;
        return 0;
    }
    if ((__u64)task->tgid != mark_key)
        return 0;
    found = reserve((__u64)task->pid);
    if (!found)
        return 0;
    bpf_probe_read_kernel_str(found->comm, sizeof(found->comm), task->comm);
    bpf_ringbuf_submit(found, 0);
    return 0;
}

SEC("?iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *context)
{
    const __u32 *key = context->key;
    const __u64 *value = context->value;
    struct found *found;

    if (!key || !value)
        return 0;
    found = reserve(*value);
    if (!found)
        return 0;
    found->run = *key;
    bpf_ringbuf_submit(found, 0);
    return 0;
}
