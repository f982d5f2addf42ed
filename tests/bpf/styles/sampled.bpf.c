// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where CPUs are, so many times a second. */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, 127 * sizeof(__u64));
    __uint(max_entries, 1024);
} stack_traces SEC(".maps");

struct sample_event {
    __u64 ip;
    __s64 user_stack_id;
    __u64 period;
    __u32 pid;
    __u32 tid;
    __u32 cpu_id;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *context)
{
    struct sample_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    __u64 id = bpf_get_current_pid_tgid();

    if (!event)
        return 0;
    event->ip = PT_REGS_IP(&context->regs);
    event->user_stack_id = bpf_get_stackid(context, &stack_traces, BPF_F_USER_STACK);
    event->period = context->sample_period;
    event->pid = id >> 32;
    event->tid = (__u32)id;
    event->cpu_id = bpf_get_smp_processor_id();
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
