// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The arguments when a system call begins, its result and how long it took when it ends. */
#include "mark.h"

struct exit_context {
    __u64 common;
    __s64 nr;
    __s64 ret;
};

struct begun {
    __u64 number;
    __u64 ts;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, __u64);
    __type(value, struct begun);
} start SEC(".maps");

struct done_event {
    __u64 number;
    __u64 delta_ns;
    __s32 ret;
    int errno;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_prctl")
int enter(struct mark_context *context)
{
    struct begun begun = {.number = context->arguments[1], .ts = bpf_ktime_get_ns()};
    __u64 id = bpf_get_current_pid_tgid();

    if (is_mark(context))
        bpf_map_update_elem(&start, &id, &begun, BPF_ANY);
    return 0;
}

SEC("tp/syscalls/sys_exit_prctl")
int leave(struct exit_context *context)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct begun *begun = bpf_map_lookup_elem(&start, &id);
    struct done_event event = {};

    if (!begun)
        return 0;
    event.number = begun->number;
    event.delta_ns = bpf_ktime_get_ns() - begun->ts;
    event.ret = (__s32)context->ret;
    event.errno = -(int)context->ret;
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    bpf_map_delete_elem(&start, &id);
    return 0;
}
