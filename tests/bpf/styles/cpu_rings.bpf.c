// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ring for each CPU, which its own user space would make: the array of maps has none. */
#include "mark.h"

struct cpu_event {
    __u64 number;
    __u32 cpu;
    __u32 rest;
};

const struct cpu_event *unused_cpu_event __attribute__((unused));

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 0); /* as many as there are CPUs */
    __type(key, __u32);
    __type(value, __u32);
    __array(values, struct ring);
} ringbuf_maps SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 cpu = bpf_get_smp_processor_id();
    struct cpu_event *event;
    void *ring;

    if (!is_mark(context))
        return 0;
    ring = bpf_map_lookup_elem(&ringbuf_maps, &cpu);
    if (!ring)
        return 0;
    event = bpf_ringbuf_reserve(ring, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->cpu = cpu;
    event->rest = 7;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
