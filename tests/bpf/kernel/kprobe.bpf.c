// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files that are removed, at the entry of a kernel function whose arguments are in registers. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct unlink_event {
    __u64 ktime;
    __u32 pid;
    __u32 tid;
    __u32 uid;
    __s32 dfd;
    char comm[16];
    char path[64];
};

const struct unlink_event *unused_unlink_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(on_unlink, int dfd, struct filename *name)
{
    struct unlink_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    __u64 id = bpf_get_current_pid_tgid();

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = id >> 32;
    event->tid = (__u32)id;
    event->uid = (__u32)bpf_get_current_uid_gid();
    event->dfd = dfd;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_probe_read_kernel_str(event->path, sizeof(event->path), BPF_CORE_READ(name, name));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
