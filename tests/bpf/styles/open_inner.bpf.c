// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A map of maps that leaves it to its own user space what the inner maps are like. */
#include "mark.h"

struct event {
    __u64 number;
    __u32 found;
};

const struct event *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4);
    __uint(key_size, 4);
    __uint(value_size, 4);
} groups SEC(".maps");

MARK_SECTION
int on_mark(struct mark_context *context)
{
    __u32 key = 1;
    struct event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->found = bpf_map_lookup_elem(&groups, &key) != 0;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
