// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A program whose own helper comes to the tracepoint that it is attached to. The kernel skips that
 * inner run: one record and one skipped run for each getpgid(2) of one process. The tracepoint is
 * one of x86. */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct fault {
    __u64 ktime;
    __u32 number;
};

const volatile __u32 target = 0;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} faults SEC(".maps");

__u32 number = 0;

static __always_inline int cause_fault(void)
{
    __u64 nothing;

    bpf_probe_read_user(&nothing, sizeof(nothing), (void *)8);
    return 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(void *context)
{
    (void)context;
    return bpf_get_current_pid_tgid() >> 32 == target ? cause_fault() : 0;
}

SEC("tp_btf/page_fault_kernel")
int on_fault(unsigned long *context)
{
    struct fault *fault;

    if (bpf_get_current_pid_tgid() >> 32 != target || context[0] != 8)
        return 0;
    fault = bpf_ringbuf_reserve(&faults, sizeof(*fault), 0);
    if (!fault)
        return 0;
    fault->ktime = bpf_ktime_get_ns();
    fault->number = ++number;
    bpf_ringbuf_submit(fault, 0);
    return cause_fault();
}
