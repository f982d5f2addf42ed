// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tracepoint's own fields, among them fixed texts. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct rename_context {
    __u64 common;
    int pid;
    char oldcomm[16];
    char newcomm[16];
    short oom_score_adj;
};

struct rename_event {
    __u32 tgid;
    int pid;
    char oldcomm[16];
    char newcomm[16];
    short oom_score_adj;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp/task/task_rename")
int on_rename(struct rename_context *context)
{
    struct rename_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->tgid = bpf_get_current_pid_tgid() >> 32;
    event->pid = context->pid;
    __builtin_memcpy(event->oldcomm, context->oldcomm, 16);
    __builtin_memcpy(event->newcomm, context->newcomm, 16);
    event->oom_score_adj = context->oom_score_adj;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
