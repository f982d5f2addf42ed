// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Too large for the stack: the record is made in a per-CPU map, and copied into the ring. */
#include "mark.h"

struct scratch_event {
    __u64 number;
    __u32 squares[100];
    char word[200];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct scratch_event);
} heap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 17);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 zero = 0;
    struct scratch_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_map_lookup_elem(&heap, &zero);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    for (__u32 i = 0; i < 100; i++)
        event->squares[i] = i * i;
    __builtin_memcpy(event->word, "scratch", 8);
    bpf_ringbuf_output(&events, event, sizeof(*event), 0);
    return 0;
}
