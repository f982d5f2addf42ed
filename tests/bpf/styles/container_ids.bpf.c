// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* In which container: the mount namespace, the cgroup, and the pid as the container sees it. */
#include "mark.h"

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common {
    unsigned int inum;
};

struct mnt_namespace {
    struct ns_common ns;
};

struct nsproxy {
    struct mnt_namespace *mnt_ns;
};

struct task_struct {
    struct nsproxy *nsproxy;
};
#pragma clang attribute pop

struct gadget_mntns {
    __u64 mntns_id;
    __u32 uid;
    __u32 gid;
    __u32 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    __u64 ids = bpf_get_current_uid_gid();
    struct gadget_mntns *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->mntns_id = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
    event->uid = (__u32)ids;
    event->gid = ids >> 32;
    event->number = (__u32)context->arguments[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
