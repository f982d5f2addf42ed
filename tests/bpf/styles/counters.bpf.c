// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Globals that the program counts in, also one struct for all of its state. */
#include "mark.h"

struct state {
    __u64 total;
    __u32 odd;
} state;
__u64 sequence = 100;
static __u32 calls;
__u64 per_number[32];

struct count_event {
    __u64 sequence;
    __u64 total;
    __u32 number;
    __u32 odd;
    __u32 calls;
    __u32 of_this;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct count_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    state.total += number;
    state.odd += number & 1;
    event->sequence = __sync_fetch_and_add(&sequence, 1);
    event->total = state.total;
    event->number = (__u32)number;
    event->odd = state.odd;
    event->calls = ++calls;
    event->of_this = (__u32)++per_number[number & 31];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
