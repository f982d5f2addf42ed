// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Functions of a module, as tools for one file system have them; the module has BTF of its own. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct file_event {
    __u64 ktime;
    __u32 pid;
    char by[8];
    char name[32];
};

const struct file_event *unused_file_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int write(const char *by, const struct dentry *dentry)
{
    struct file_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    __builtin_memcpy(event->by, by, sizeof(event->by));
    bpf_probe_read_kernel_str(event->name, sizeof(event->name), BPF_CORE_READ(dentry, d_name.name));
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("fentry/ovl_unlink")
int BPF_PROG(by_fentry, struct inode *dir, struct dentry *dentry)
{
    return write("fentry\0", dentry);
}

SEC("kprobe/ovl_unlink")
int BPF_KPROBE(by_kprobe, struct inode *dir, struct dentry *dentry)
{
    return write("kprobe\0", dentry);
}
