// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps and a variable that its own user space fills before anything happens, and a tail call. */
#include "mark.h"

struct settings {
    __u32 enabled;
    struct {
        __s16 low;
        __u64 high;
    } limits;
    char word[8];
    __u32 bit : 1;
};

struct event {
    __u64 number;
    __u64 target;
    __u64 high;
    __s32 low;
    __u32 per_cpu;
    __u32 named;
    char word[8];
};

const struct event *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct settings);
} settings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __uint(key_size, 8);
    __uint(value_size, 8);
} targets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, char[8]);
    __type(value, __u32);
} names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u32);
} per_cpu SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 2);
    __uint(key_size, 4);
    __uint(value_size, 4);
} steps SEC(".maps");

struct address {
    __u32 prefix;
    __u32 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 16);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct address);
    __type(value, __u32);
} networks SEC(".maps");

const volatile struct {
    __u32 twice;
    struct {
        __u32 more;
    } inner;
} options = {};

SEC("tracepoint")
int second(struct mark_context *context)
{
    __u64 key = 7;
    __u32 zero = 0, one = 1;
    char name[8] = "web";
    struct settings *set = bpf_map_lookup_elem(&settings, &zero);
    __u64 *target = bpf_map_lookup_elem(&targets, &key);
    __u32 *named = bpf_map_lookup_elem(&names, name);
    __u32 *own = bpf_map_lookup_elem(&per_cpu, &one);
    struct event *event;

    if (!set || !set->enabled || !target || !named || !own)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1] + options.twice * 2 + options.inner.more;
    event->target = *target;
    event->high = set->limits.high;
    event->low = set->limits.low;
    event->per_cpu = *own;
    event->named = *named;
    __builtin_memcpy(event->word, set->word, sizeof(event->word));
    bpf_ringbuf_submit(event, 0);
    return 0;
}

MARK_SECTION
int first(struct mark_context *context)
{
    if (is_mark(context))
        bpf_tail_call(context, &steps, 1);
    return 0;
}
