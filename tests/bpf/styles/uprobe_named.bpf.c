// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names the functions, but not the program that has them: SEC("uprobe/FUNCTION"). */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct named_event {
    __u32 number;
    __u32 which;
};

const struct named_event *unused_named_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int put(__u32 number, __u32 which)
{
    struct named_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->number = number;
    event->which = which;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("uprobe/on_number")
int on_call(struct pt_regs *context)
{
    return put((__u32)PT_REGS_PARM1(context), 1);
}

SEC("uretprobe/main")
int on_end(struct pt_regs *context)
{
    return put((__u32)PT_REGS_RC(context), 2);
}
