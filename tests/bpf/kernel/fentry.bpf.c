// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The entry of a kernel function by its BTF: arguments with their types, and the kernel's pointers
 * are followed without helpers. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct mkdir_event {
    __u64 ktime;
    __u32 pid;
    __s32 dfd;
    __u16 mode;
    char comm[16];
    char path[64];
};

const struct mkdir_event *unused_mkdir_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("fentry/do_mkdirat")
int BPF_PROG(on_mkdir, int dfd, struct filename *name, __u16 mode)
{
    struct mkdir_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->dfd = dfd;
    event->mode = mode;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_probe_read_kernel_str(event->path, sizeof(event->path), name->name);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
