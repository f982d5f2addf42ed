// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Enums that have a type of their own, are packed into a byte, or are written with gaps. */
#include "mark.h"

enum verdict : __u8 { VERDICT_PASS, VERDICT_DROP, VERDICT_LOG = 200 };
enum __attribute__((packed)) direction { INGRESS, EGRESS };
enum offset : __s16 { OFFSET_BACK = -300, OFFSET_NONE = 0, OFFSET_ON = 300 };

struct verdict_event {
    __u32 number;
    enum verdict verdict;
    enum direction direction;
    enum offset offset;
    enum verdict all[3];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct verdict_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->verdict = number % 3 == 2 ? VERDICT_LOG : number % 3;
    event->direction = number & 1;
    event->offset = number % 3 == 0 ? OFFSET_BACK : number % 3 == 1 ? OFFSET_NONE : OFFSET_ON;
    event->all[0] = VERDICT_LOG;
    event->all[1] = VERDICT_DROP;
    event->all[2] = 9; /* has no name */
    bpf_ringbuf_submit(event, 0);
    return 0;
}
