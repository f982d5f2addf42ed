// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A ring that is soon full, and a global variable that counts what did not fit. Each record has a
 * number of its own, too, so that the gaps can be counted. */
#include "mark.h"

struct lossy_event {
    __u64 sequence;
    __u64 number;
    char filling[240];
};

const struct lossy_event *unused_lossy_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

__u64 dropped = 0;
__u64 sequence = 0;

MARK_SECTION
int mark(struct mark_context *context)
{
    struct lossy_event *event;
    __u64 own;

    if (!is_mark(context))
        return 0;
    own = __sync_fetch_and_add(&sequence, 1);
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) {
        __sync_fetch_and_add(&dropped, 1);
        return 0;
    }
    event->sequence = own;
    event->number = context->arguments[1];
    __builtin_memset(event->filling, 0, sizeof(event->filling));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
