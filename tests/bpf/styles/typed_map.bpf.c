// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each ring says itself what its records are: by its value, by its key, or in a map of rings. */
#include "mark.h"

struct value_event {
    __u64 number;
    __u64 half;
};

typedef struct {
    __u64 number;
    char word[8];
} key_event;

struct inner_event {
    __u64 number;
    __u32 third;
    __u32 shard;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __type(value, struct value_event);
} values SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __type(key, key_event);
} keys SEC(".maps");

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __type(value, struct inner_event);
} first SEC(".maps"), second SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 2);
    __type(key, __u32);
    __array(values, struct ring);
} shards SEC(".maps") = {.values = {&first, &second}};

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct value_event value = {.number = number, .half = number / 2};
    key_event key = {.number = number, .word = "key"};
    struct inner_event inner = {.number = number, .third = number / 3, .shard = number & 1};
    void *ring;

    if (!is_mark(context))
        return 0;
    bpf_ringbuf_output(&values, &value, sizeof(value), 0);
    bpf_ringbuf_output(&keys, &key, sizeof(key), 0);
    ring = bpf_map_lookup_elem(&shards, &inner.shard);
    if (ring)
        bpf_ringbuf_output(ring, &inner, sizeof(inner), 0);
    return 0;
}
