// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One program at all functions that fit a pattern; it knows at which one it runs by its address. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call_event {
    __u64 ktime;
    __u64 ip;
    __u32 pid;
    __s32 ret;
    bool returned;
};

const struct call_event *unused_call_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int write(struct pt_regs *context, bool returned)
{
    struct call_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->ip = bpf_get_func_ip(context);
    event->ret = returned ? (__s32)PT_REGS_RC(context) : 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->returned = returned;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("kprobe.multi/do_mk*at")
int on_entry(struct pt_regs *context)
{
    return write(context, false);
}

SEC("kretprobe.multi/do_mk*at")
int on_return(struct pt_regs *context)
{
    return write(context, true);
}

/* the functions are named on the command line */
SEC("?kprobe.multi")
int on_any(struct pt_regs *context)
{
    return write(context, false);
}

SEC("?kprobe.session/do_mk*at")
int on_both(struct pt_regs *context)
{
    return write(context, false);
}
