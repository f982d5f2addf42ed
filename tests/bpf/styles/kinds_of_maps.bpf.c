// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps of many kinds beside the ring, none of which is anybody else's business. */
#include "mark.h"

struct lpm_key {
    __u32 prefixlen;
    __u32 data;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u64);
} recent SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u64);
} per_cpu SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 8);
    __type(key, struct lpm_key);
    __type(value, __u32);
} prefixes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 4);
    __type(value, __u64);
} waiting SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __uint(max_entries, 100);
    __type(value, __u64);
} known SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 16);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, 20 * sizeof(__u64));
} stacks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
    __uint(max_entries, 4096);
} commands SEC(".maps");

struct map_event {
    __u64 number;
    __u64 times;
    __u64 popped;
    bool was_known;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1], one = 1, popped = 0, *times;
    struct lpm_key key = {.prefixlen = 32, .data = (__u32)number};
    __u32 slot = number % 5;
    struct map_event *event;
    bool known_already;

    if (!is_mark(context))
        return 0;
    times = bpf_map_lookup_elem(&recent, &slot);
    if (times)
        *times += 1;
    else
        bpf_map_update_elem(&recent, &slot, &one, BPF_ANY);
    bpf_map_update_elem(&per_cpu, &slot, &one, BPF_ANY);
    bpf_map_update_elem(&prefixes, &key, &slot, BPF_ANY);
    known_already = !bpf_map_peek_elem(&known, &number);
    bpf_map_push_elem(&known, &number, BPF_ANY);
    bpf_map_push_elem(&waiting, &number, BPF_ANY);
    bpf_map_pop_elem(&waiting, &popped);
    bpf_get_stackid(context, &stacks, BPF_F_USER_STACK);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->times = times ? *times : one;
    event->popped = popped;
    event->was_known = known_already;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
