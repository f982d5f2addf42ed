// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two perf event arrays and one that no program writes to: a fixed type with a size of its own, and
 * records of two types in one array, one of which is as long as its text. */
#include "mark.h"

struct fixed_event {
    __u64 number;
    __u64 square;
};

struct short_event {
    __u32 kind;
    __u32 number;
};

struct text_event {
    __u32 kind;
    __u32 number;
    char text[];
};

const struct fixed_event *unused_fixed __attribute__((unused));
const struct short_event *unused_short __attribute__((unused));
const struct text_event *unused_text __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(max_entries, 1024);
    __type(key, int);
    __type(value, __u32);
} fixed SEC(".maps"), mixed SEC(".maps"), counters SEC(".maps");

static __always_inline void write_text(struct mark_context *context, __u32 number)
{
    char record[sizeof(struct text_event) + 32] __attribute__((aligned(8)));
    struct text_event *event = (struct text_event *)record;
    __u64 length = number & 31;

    event->kind = 2;
    event->number = number;
    for (__u32 i = 0; i < 32; i++)
        event->text[i] = i < length ? 'a' + i % 26 : 0;
    asm volatile("" : "+r"(length)); /* so that its limit is checked where it is used */
    bpf_perf_event_output(context, &mixed, BPF_F_CURRENT_CPU, record,
                          sizeof(*event) + (length & 31) + 1);
}

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct fixed_event fixed_event = {number, number * number};
    struct short_event short_event = {1, number};

    if (!is_mark(context))
        return 0;
    bpf_perf_event_output(context, &fixed, BPF_F_CURRENT_CPU, &fixed_event, sizeof(fixed_event));
    if (number & 1)
        write_text(context, number);
    else
        bpf_perf_event_output(context, &mixed, BPF_F_CURRENT_CPU, &short_event,
                              sizeof(short_event));
    return 0;
}
