// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls with their result: what the entry knows waits in a map until the return. */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct unlink_result {
    __u64 ktime;
    __u64 duration_ns;
    __u32 pid;
    __s32 dfd;
    __s32 ret;
};

const struct unlink_result *unused_unlink_result __attribute__((unused));

struct started {
    __u64 ktime;
    int dfd;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, struct started);
} calls SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const volatile pid_t target = 0;

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(on_entry, int dfd, struct filename *name)
{
    struct started started = {.ktime = bpf_ktime_get_ns(), .dfd = dfd};
    __u64 id = bpf_get_current_pid_tgid();
    __u32 tid = (__u32)id;

    if (target && (pid_t)(id >> 32) != target)
        return 0;
    bpf_map_update_elem(&calls, &tid, &started, BPF_ANY);
    return 0;
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(on_return, int ret)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct unlink_result *event;
    struct started *started;
    __u32 tid = (__u32)id;

    started = bpf_map_lookup_elem(&calls, &tid);
    if (!started)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (event) {
        event->ktime = bpf_ktime_get_ns();
        event->duration_ns = event->ktime - started->ktime;
        event->pid = id >> 32;
        event->ret = ret;
        event->dfd = started->dfd;
        bpf_ringbuf_submit(event, 0);
    }
    bpf_map_delete_elem(&calls, &tid);
    return 0;
}
