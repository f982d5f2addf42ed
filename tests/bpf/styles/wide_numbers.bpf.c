// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers that JSON readers find hard: the largest and smallest of 64 bits, and 128 bits. */
#include "mark.h"

struct wide_event {
    __u64 largest;
    __s64 smallest;
    __u64 exact;
    unsigned __int128 wide;
    __u32 number;
    double nothing;
};

const struct wide_event *unused_wide __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct wide_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->largest = ~0ULL;
    event->smallest = -0x7fffffffffffffffLL - 1;
    event->exact = (1ULL << 53) + 1;
    *(__u64 *)&event->wide = 1;
    *((__u64 *)&event->wide + 1) = 2;
    event->number = (__u32)context->arguments[1];
    *(__u64 *)&event->nothing = 0x7ff8000000000000; /* not a number */
    bpf_ringbuf_submit(event, 0);
    return 0;
}
