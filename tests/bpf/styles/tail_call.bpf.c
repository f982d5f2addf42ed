// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two programs, of which one goes on where the other ends. */
#include "mark.h"

struct stage_event {
    __u64 number;
    __u32 stage;
    __u32 kept;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} scratch SEC(".maps");

static __always_inline void report(struct mark_context *context, __u32 stage, __u32 kept)
{
    struct stage_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return;
    event->number = context->arguments[1];
    event->stage = stage;
    event->kept = kept;
    bpf_ringbuf_submit(event, 0);
}

int second(struct mark_context *context);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 2);
    __uint(key_size, sizeof(__u32));
    __array(values, int(void *));
} stages SEC(".maps") = {.values = {[1] = (void *)&second}};

SEC("tracepoint")
int second(struct mark_context *context)
{
    __u32 zero = 0, *kept = bpf_map_lookup_elem(&scratch, &zero);

    report(context, 2, kept ? *kept : 0);
    return 0;
}

MARK_SECTION
int first(struct mark_context *context)
{
    __u32 zero = 0, *kept = bpf_map_lookup_elem(&scratch, &zero);

    if (!is_mark(context) || !kept)
        return 0;
    *kept = (__u32)context->arguments[1] + 500;
    report(context, 1, 0);
    bpf_tail_call(context, &stages, 1);
    return 0;
}
