// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps as they were defined before BTF: structs of numbers in the section "maps". */
#include "mark.h"

struct event {
    __u32 number;
};

const struct event *unused_event __attribute__((unused));

struct map_definition {
    __u32 type, key_size, value_size, max_entries, flags;
};

struct map_definition events SEC("maps") = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 65536};

MARK_SECTION
int on_mark(struct mark_context *context)
{
    struct event *event = is_mark(context) ? bpf_ringbuf_reserve(&events, sizeof(*event), 0) : 0;

    if (!event)
        return 0;
    event->number = (__u32)context->arguments[1];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
