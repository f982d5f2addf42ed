// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Constant tables in .rodata, and a text that bpf_snprintf() makes. */
#include "mark.h"

#include <bpf/bpf_tracing.h>

static const char names[4][8] = {"zero", "one", "two", "three"};
static const __u16 powers[] = {1, 10, 100, 1000};

struct named_event {
    __u32 number;
    __u16 power;
    char name[8];
    char text[32];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct named_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->power = powers[number & 3];
    __builtin_memcpy(event->name, names[number & 3], 8);
    BPF_SNPRINTF(event->text, sizeof(event->text), "n=%d hex=%x %s", number, number, "end");
    bpf_ringbuf_submit(event, 0);
    return 0;
}
