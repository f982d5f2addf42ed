// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that are told where to look: functions and markers of other programs, and the clock. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum kind { ENTRY = 1, RETURN, MARKER, SAMPLE };

struct probe {
    __u64 ktime;
    enum kind kind;
    __u32 pid;
    long value;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} probes SEC(".maps");

static __always_inline int write(enum kind kind, long value)
{
    struct probe *probe = bpf_ringbuf_reserve(&probes, sizeof(*probe), 0);

    if (!probe)
        return 0;
    probe->ktime = bpf_ktime_get_ns();
    probe->kind = kind;
    probe->pid = bpf_get_current_pid_tgid() >> 32;
    probe->value = value;
    bpf_ringbuf_submit(probe, 0);
    return 0;
}

SEC("uprobe")
int on_entry(struct pt_regs *context)
{
    return write(ENTRY, (long)PT_REGS_PARM1(context));
}

SEC("uretprobe")
int on_return(struct pt_regs *context)
{
    return write(RETURN, (long)PT_REGS_RC(context));
}

SEC("usdt")
int on_marker(struct pt_regs *context)
{
    long value = 0;

    bpf_usdt_arg(context, 0, &value);
    return write(MARKER, value);
}

SEC("perf_event")
int on_sample(void *context __attribute__((unused)))
{
    return write(SAMPLE, 0);
}
