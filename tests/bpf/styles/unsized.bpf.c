// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Leaves the sizes of its maps to its own user space. */
#include "mark.h"

struct sized_event {
    __u64 number;
    __u64 seen;
};

const struct sized_event *unused_sized_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 0);
    __type(key, __u64);
    __type(value, __u64);
} seen SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 key = context->arguments[1] % 3, value = key + 1;
    struct sized_event *event;
    __u64 *found;

    if (!is_mark(context))
        return 0;
    bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
    found = bpf_map_lookup_elem(&seen, &key);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->seen = found ? *found : 0;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
