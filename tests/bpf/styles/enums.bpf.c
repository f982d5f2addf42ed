// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* clang 14 cuts the values of a 64-bit enum in BTF; DWARF has them whole. */
#include "mark.h"

enum small { SMALL_MINUS = -1, SMALL_ZERO, SMALL_ONE };
enum big { BIG_LOW = 5, BIG_HIGH = 0x100000005 };

struct enums_event {
    __u64 number;
    enum small small;
    enum big big;
};

const struct enums_event *unused_enums_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct enums_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->small = (enum small)(number % 3) - 1;
    event->big = number & 1 ? BIG_HIGH : BIG_LOW;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
