// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Paths of system calls, read from the caller's memory. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* as /sys/kernel/tracing/events/syscalls/sys_enter_mkdirat/format has it */
struct enter_context {
    unsigned short common_type;
    unsigned char common_flags;
    unsigned char common_preempt_count;
    int common_pid;
    int nr;
    long dfd;
    const char *pathname;
    unsigned long mode;
};

struct path_event {
    __u32 pid;
    __u32 mode;
    __s32 dfd;
    __s32 length;
    char path[128];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_mkdirat")
int on_mkdirat(struct enter_context *context)
{
    struct path_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->mode = (__u32)context->mode;
    event->dfd = (__s32)context->dfd;
    event->length = bpf_probe_read_user_str(event->path, sizeof(event->path), context->pathname);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
