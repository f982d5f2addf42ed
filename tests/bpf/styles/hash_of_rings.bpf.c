// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rings by a key that is no CPU, in a hash of maps. */
#include "mark.h"

struct keyed_event {
    __u64 number;
    __u64 color;
};

struct keyed_ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} red_ring SEC(".maps"), blue_ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 8);
    __type(key, __u32);
    __array(values, struct keyed_ring);
} rings SEC(".maps") = {.values = {[2] = &red_ring, [5] = &blue_ring}};

MARK_SECTION
int mark(struct mark_context *context)
{
    struct keyed_event event = {.number = context->arguments[1]};
    __u32 key;
    void *ring;

    if (!is_mark(context))
        return 0;
    key = event.number & 1 ? 5 : 2;
    event.color = key;
    ring = bpf_map_lookup_elem(&rings, &key);
    if (ring)
        bpf_ringbuf_output(ring, &event, sizeof(event), 0);
    return 0;
}
