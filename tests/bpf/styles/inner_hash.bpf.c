// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps of maps that are no rings: an array of hashes with a template, and a hash of arrays. */
#include "mark.h"

struct inner {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} odd SEC(".maps"), even SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 2);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = {.values = {&even, &odd}};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u64);
    __array(
        values, struct {
            __uint(type, BPF_MAP_TYPE_ARRAY);
            __uint(max_entries, 1);
            __type(key, __u32);
            __type(value, __u64);
        });
} empty SEC(".maps");

struct inner_event {
    __u64 number;
    __u64 before;
    bool in_empty;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1], *before, none = 0;
    __u32 side = number & 1, key = 0;
    struct inner_event *event;
    void *map, *other;

    if (!is_mark(context))
        return 0;
    map = bpf_map_lookup_elem(&outer, &side);
    other = bpf_map_lookup_elem(&empty, &number);
    if (!map)
        return 0;
    before = bpf_map_lookup_elem(map, &key);
    if (!before)
        bpf_map_update_elem(map, &key, &none, BPF_ANY);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (event) {
        event->number = number;
        event->before = before ? *before : 999;
        event->in_empty = other != NULL;
        bpf_ringbuf_submit(event, 0);
    }
    bpf_map_update_elem(map, &key, &number, BPF_ANY);
    return 0;
}
