// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Many functions at once, by a pattern: SEC("uprobe.multi/..."), newer than libbpf 1.1. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call_event {
    __u64 cookie;
    __u32 number;
    __u32 which;
};

const struct call_event *unused_call_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int put(void *context, __u32 number, __u32 which)
{
    struct call_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->cookie = bpf_get_attach_cookie(context);
    event->number = number;
    event->which = which;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("uprobe.multi/call-loop:on_*")
int on_call(struct pt_regs *context)
{
    return put(context, (__u32)PT_REGS_PARM1(context), 1);
}

SEC("uretprobe.multi")
int on_end(struct pt_regs *context)
{
    return put(context, (__u32)PT_REGS_RC(context), 2);
}
