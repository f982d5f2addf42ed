// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A record of a fixed size through a dynptr. */
#include "mark.h"

struct dynptr_event {
    __u64 number;
    __u32 pid;
    __s32 minus;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct dynptr_event event = {.number = context->arguments[1]};
    struct bpf_dynptr memory;

    if (!is_mark(context))
        return 0;
    event.pid = bpf_get_current_pid_tgid() >> 32;
    event.minus = -(__s32)event.number;
    bpf_ringbuf_reserve_dynptr(&events, sizeof(event), 0, &memory);
    bpf_dynptr_write(&memory, 0, &event, sizeof(event), 0);
    bpf_ringbuf_submit_dynptr(&memory, 0);
    return 0;
}
