// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A security hook where a program may sleep, so it reads the new program's arguments from memory
 * that need not be there yet. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct exec_event {
    __u64 ktime;
    __u32 pid;
    __u32 ppid;
    __s32 argc;
    char path[64];
    char argv0[32];
};

const struct exec_event *unused_exec_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct exec_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = task->tgid;
    event->ppid = task->real_parent->tgid;
    event->argc = bprm->argc;
    bpf_probe_read_kernel_str(event->path, sizeof(event->path), bprm->filename);
    if (bpf_copy_from_user(event->argv0, sizeof(event->argv0), (void *)bprm->p) < 0)
        event->argv0[0] = '\0';
    bpf_ringbuf_submit(event, 0);
    return 0;
}
