// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each record has the number that its CPU gave it, so that a reader could see gaps. */
#include "mark.h"

struct numbered_event {
    __u64 number;
    __u64 seq;
    __u16 cpu;
    __u8 flags;
    __u8 reserved;
    __u32 size;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} sequences SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 zero = 0;
    __u64 *seq = bpf_map_lookup_elem(&sequences, &zero);
    struct numbered_event *event;

    if (!seq || !is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->seq = (*seq)++;
    event->cpu = bpf_get_smp_processor_id();
    event->flags = 0x80;
    event->reserved = 0;
    event->size = sizeof(*event);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
