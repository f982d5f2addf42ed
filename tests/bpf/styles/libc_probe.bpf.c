// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A function of the C library, in every process: the section says both. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct text_event {
    __u32 pid;
    __s32 length;
    char text[24];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("uprobe/libc.so.6:a64l")
int on_a64l(struct pt_regs *context)
{
    struct text_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->length = bpf_probe_read_user_str(event->text, sizeof(event->text),
                                            (const char *)PT_REGS_PARM1(context));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
