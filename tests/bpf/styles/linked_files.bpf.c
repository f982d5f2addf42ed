// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One object of several files, which `bpftool gen object` puts together: the ring, a function and a
 * variable are in the other one (parts/linked_files.bpf.c). */
#include "mark.h"

extern struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

extern __u64 calls;
extern int square(int number);

struct linked_event {
    __u64 number;
    __u64 calls;
    __s64 square;
};

const struct linked_event *unused_linked_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    struct linked_event *event;
    __s64 squared;

    if (!is_mark(context))
        return 0;
    squared = square((int)context->arguments[1]);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->calls = calls;
    event->square = squared;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
