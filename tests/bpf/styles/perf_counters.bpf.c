// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An array of perf events that is read as counters: no records come that way. */
#include "mark.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(int));
    __uint(value_size, sizeof(__u32));
} cpu_cycles SEC(".maps");

struct energy_event {
    __u64 number;
    __s64 error;
    __u64 cycles;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct bpf_perf_event_value value = {};
    struct energy_event *event;
    long error;

    if (!is_mark(context))
        return 0;
    error = bpf_perf_event_read_value(&cpu_cycles, BPF_F_CURRENT_CPU, &value, sizeof(value));
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->error = error;
    event->cycles = value.counter;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
