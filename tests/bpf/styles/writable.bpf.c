// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A raw tracepoint whose arguments the program may write: it does not. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct finish_event {
    __u32 pid;
    int err;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("raw_tracepoint.w/bpf_test_finish")
int on_finish(struct bpf_raw_tracepoint_args *context)
{
    struct finish_event event = {.pid = bpf_get_current_pid_tgid() >> 32,
                                 .err = *(int *)context->args[0]};

    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
