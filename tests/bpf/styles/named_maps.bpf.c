// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The section of the maps has a longer name, as another loader wants it. */
#include "mark.h"

struct printed_event {
    __u64 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __type(value, struct printed_event);
} events SEC(".maps.print");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct printed_event event = {.number = context->arguments[1]};

    if (is_mark(context))
        bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
