// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The scratch map only has a size, as libbpf-tools' compat.bpf.h: the type is named nowhere. */
#include "mark.h"

struct scratch_bytes {
    __u64 number;
    __u64 cube;
    char word[20];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, 10240);
} heap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} events SEC(".maps");

static __always_inline void *reserve_buf(void)
{
    static const int zero = 0;

    return bpf_map_lookup_elem(&heap, &zero);
}

static __always_inline long submit_buf(void *buf, __u64 size)
{
    return bpf_ringbuf_output(&events, buf, size, 0);
}

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct scratch_bytes *event;

    if (!is_mark(context))
        return 0;
    event = reserve_buf();
    if (!event)
        return 0;
    event->number = number;
    event->cube = number * number * number;
    __builtin_memcpy(event->word, "bytes", 6);
    submit_buf(event, sizeof(*event));
    return 0;
}
