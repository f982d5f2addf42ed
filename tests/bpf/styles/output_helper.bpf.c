// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One function writes records of all sizes, so that no call has a constant length. */
#include "mark.h"

struct sized_event {
    __u64 number;
    __u32 length;
    char rest[];
};

const struct sized_event *unused_sized_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __noinline long write(void *data, __u64 size)
{
    return size && size <= 20 ? bpf_ringbuf_output(&events, data, size, 0) : -1;
}

MARK_SECTION
int mark(struct mark_context *context)
{
    struct {
        __u64 number;
        __u32 length;
        char rest[8];
    } event = {.number = context->arguments[1], .rest = "abcdefg"};

    if (!is_mark(context))
        return 0;
    event.length = event.number & 7;
    write(&event, 12 + event.length);
    return 0;
}
