// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A system call by its name: libbpf knows what its function is called on this machine, and where
 * the arguments are. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct kill_event {
    __u64 ktime;
    __u32 pid;
    __s32 target;
    __s32 sig;
    __s32 ret;
    char comm[16];
};

const struct kill_event *unused_kill_event __attribute__((unused));

struct arguments {
    int target;
    int sig;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, struct arguments);
} calls SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("ksyscall/kill")
int BPF_KSYSCALL(on_kill, pid_t target, int sig)
{
    struct arguments arguments = {.target = target, .sig = sig};
    __u32 tid = (__u32)bpf_get_current_pid_tgid();

    bpf_map_update_elem(&calls, &tid, &arguments, BPF_ANY);
    return 0;
}

SEC("kretsyscall/kill")
int BPF_KRETPROBE(on_killed, int ret)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct arguments *arguments;
    struct kill_event *event;
    __u32 tid = (__u32)id;

    arguments = bpf_map_lookup_elem(&calls, &tid);
    event = arguments ? bpf_ringbuf_reserve(&events, sizeof(*event), 0) : NULL;
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = id >> 32;
    event->target = arguments->target;
    event->sig = arguments->sig;
    event->ret = ret;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
    bpf_map_delete_elem(&calls, &tid);
    return 0;
}
