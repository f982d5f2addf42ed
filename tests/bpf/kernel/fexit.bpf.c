// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The return of a kernel function: all arguments are still known, and so is what it returns. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct remove_event {
    __u64 ktime;
    __u64 ino;
    __u32 pid;
    __s32 ret;
    char name[32];
};

const struct remove_event *unused_remove_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("fexit/security_inode_rmdir")
int BPF_PROG(on_rmdir, struct inode *dir, struct dentry *dentry, int ret)
{
    struct remove_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->ino = dir->i_ino;
    event->ret = ret;
    bpf_probe_read_kernel_str(event->name, sizeof(event->name), dentry->d_name.name);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
