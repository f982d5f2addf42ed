// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a helper that this kernel does not have yet. */
#include "mark.h"

static long (*const bpf_of_the_future)(void *) = (void *)9999;

struct event {
    __u64 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct event *unused_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    struct event event = {.number = context->arguments[1]};

    if (!is_mark(context) || bpf_of_the_future(context))
        return 0;
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
