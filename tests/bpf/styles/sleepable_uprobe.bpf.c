// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A probe that may sleep, so that it can read memory which is not there yet. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct copy_event {
    __u64 pid_tgid;
    __u32 length;
    char text[20];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("uprobe.s/secret_write")
int on_write(struct pt_regs *context)
{
    struct copy_event event = {.pid_tgid = bpf_get_current_pid_tgid()};

    event.length = PT_REGS_PARM3(context) & 15;
    bpf_copy_from_user(event.text, event.length, (const void *)PT_REGS_PARM2(context));
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
