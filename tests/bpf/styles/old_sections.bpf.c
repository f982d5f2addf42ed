// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As older objects begin: a version, and sections of their own for data. */
#include "mark.h"

__u32 _version SEC("version") = 0x60000;
static int debug SEC(".data.debug") = 1;
static const int limit SEC(".rodata.limit") = 1000;

struct old_event {
    unsigned long number;
    unsigned long limit;
    unsigned short debug;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct old_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->limit = *(volatile const int *)&limit;
    event->debug = *(volatile int *)&debug;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
