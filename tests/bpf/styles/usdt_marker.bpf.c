// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A static marker of a program, with its arguments wherever the compiler left them. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct marker_event {
    __u32 pid;
    __s32 descriptor;
    __s32 length;
    char text[20];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("usdt")
int BPF_USDT(on_sent, int descriptor, int length, const char *text)
{
    struct marker_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    (void)ctx;
    if (!event)
        return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->descriptor = descriptor;
    event->length = length;
    bpf_probe_read_user_str(event->text, sizeof(event->text), text);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
