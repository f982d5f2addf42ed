// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tracepoint of another kernel. */
#include "mark.h"

struct event {
    __u64 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct event *unused_event __attribute__((unused));

SEC("tracepoint/syscalls/sys_enter_of_no_kernel")
int on_nothing(struct mark_context *context)
{
    struct event event = {.number = context->arguments[1]};

    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
