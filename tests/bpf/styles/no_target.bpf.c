// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Its section name does not name a tracepoint. */
#include "mark.h"

typedef enum { REFUSED = -1, ALLOWED, ASKED } outcome_t;

struct verdict_event {
    __u64 number;
    __s16 outcome;
};

const struct verdict_event *unused_verdict_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("tp_btf")
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct verdict_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->outcome = ALLOWED;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
