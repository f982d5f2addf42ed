// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A program that decides what a kernel function returns: some files cannot be removed. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct verdict_event {
    __u64 ktime;
    __u32 pid;
    __s32 verdict;
    char name[32];
};

const struct verdict_event *unused_verdict_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const volatile pid_t target = 0;

SEC("fmod_ret/security_inode_unlink")
int BPF_PROG(on_unlink, struct inode *dir, struct dentry *dentry, int ret)
{
    struct verdict_event *event;
    char name[32] = "";
    int verdict = ret;

    if ((pid_t)(bpf_get_current_pid_tgid() >> 32) != target)
        return ret;
    bpf_probe_read_kernel_str(name, sizeof(name), dentry->d_name.name);
    if (bpf_strncmp(name, sizeof(name), "kept") == 0)
        verdict = -EPERM;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return verdict;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->verdict = verdict;
    __builtin_memcpy(event->name, name, sizeof(name));
    bpf_ringbuf_submit(event, 0);
    return verdict;
}
