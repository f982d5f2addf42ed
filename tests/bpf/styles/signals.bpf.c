// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The same tracepoint twice: by its fields, and by its arguments. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct kernel_siginfo;

struct task_struct {
    int pid;
    int tgid;
} __attribute__((preserve_access_index));

struct signal_context {
    __u64 common;
    int sig;
    int errno;
    int code;
    char comm[16];
    int pid;
};

enum way { BY_FIELDS, BY_ARGUMENTS };

struct signal_event {
    __u32 sender;
    __u32 target;
    int sig;
    enum way way;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} events SEC(".maps");

static void report(int sig, __u32 target, enum way way)
{
    struct signal_event event = {
        .sender = bpf_get_current_pid_tgid() >> 32, .target = target, .sig = sig, .way = way};

    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

SEC("tracepoint/signal/signal_generate")
int by_fields(struct signal_context *context)
{
    report(context->sig, context->pid, BY_FIELDS);
    return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(by_arguments, int sig, struct kernel_siginfo *info, struct task_struct *task)
{
    (void)ctx;
    (void)info;
    report(sig, task->tgid, BY_ARGUMENTS);
    return 0;
}
