// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ring for each CPU, in an array of maps. */
#include "mark.h"

struct shard_event {
    __u64 ktime;
    __u64 number;
    __u32 cpu;
};

const struct shard_event *unused_shard_event __attribute__((unused));

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 262144);
} ring_0 SEC(".maps"), ring_1 SEC(".maps"), ring_2 SEC(".maps"), ring_3 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct ring);
} shards SEC(".maps") = {.values = {&ring_0, &ring_1, &ring_2, &ring_3}};

MARK_SECTION
int mark(struct mark_context *context)
{
    struct shard_event *event;
    __u32 shard = context->arguments[3] & 3; /* the writer's own, as if it were its CPU */
    void *ring;

    if (!is_mark(context))
        return 0;
    ring = bpf_map_lookup_elem(&shards, &shard);
    if (!ring)
        return 0;
    event = bpf_ringbuf_reserve(ring, sizeof(*event), 0);
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->number = context->arguments[1];
    event->cpu = shard;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
