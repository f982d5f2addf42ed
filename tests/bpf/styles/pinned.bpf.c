// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Has its maps pinned by their names, for other programs of its author. */
#include "mark.h"

struct pinned_event {
    __u64 number;
    __u64 runs;
};

const struct pinned_event *unused_pinned_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} ringmill_events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
    __type(key, __u32);
    __type(value, __u64);
} ringmill_runs SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct pinned_event *event;
    __u32 zero = 0;
    __u64 *runs;

    if (!is_mark(context))
        return 0;
    runs = bpf_map_lookup_elem(&ringmill_runs, &zero);
    if (!runs)
        return 0;
    *runs += 1;
    event = bpf_ringbuf_reserve(&ringmill_events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->runs = *runs;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
