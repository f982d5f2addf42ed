// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each mark writes as many records as its number says, on whichever CPU it is made, and the program
 * numbers what it tried to write on each CPU. */
#include "mark.h"

enum { AT_ONCE_MAX = 4096 };

struct flood_event {
    __u64 sequence; /* of its CPU */
    __u64 time;
    __u32 cpu;
    __u32 check;
    __u64 filling[5];
};

const struct flood_event *unused_flood_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} floods SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} tried SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 wanted = context->arguments[1];
    __u64 *sequence;
    struct flood_event event = {};
    __u32 key = 0;

    if (!is_mark(context))
        return 0;
    sequence = bpf_map_lookup_elem(&tried, &key);
    if (!sequence)
        return 0;
    event.cpu = bpf_get_smp_processor_id();
    for (__u32 i = 0; i < AT_ONCE_MAX && i < wanted; i++) {
        event.sequence = (*sequence)++;
        event.time = bpf_ktime_get_ns();
        event.check = (__u32)event.sequence * 2654435761u;
        event.filling[4] = ~event.sequence;
        bpf_perf_event_output(context, &floods, BPF_F_CURRENT_CPU, &event, sizeof(event));
    }
    return 0;
}
