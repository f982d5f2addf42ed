// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A security policy with a log: a process may not write files of some name. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct open_verdict {
    __u64 ktime;
    __u64 ino;
    __u32 pid;
    __u32 flags;
    bool allowed;
    char name[31];
    char comm[16];
};

const struct open_verdict *unused_open_verdict __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const volatile pid_t target = 0;

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file)
{
    __u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct open_verdict *event;
    bool allowed = true;

    if ((pid_t)pid != target)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    bpf_probe_read_kernel_str(event->name, sizeof(event->name), file->f_path.dentry->d_name.name);
    if (bpf_strncmp(event->name, sizeof(event->name), "secret") == 0)
        allowed = false;
    event->ktime = bpf_ktime_get_ns();
    event->pid = pid;
    event->ino = file->f_inode->i_ino;
    event->flags = file->f_flags;
    event->allowed = allowed;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
    return allowed ? 0 : -EACCES;
}
