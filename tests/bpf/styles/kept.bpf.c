// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The usual way to keep a type in BTF: a pointer that nobody uses. */
#include "mark.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

enum mood { MOOD_CALM, MOOD_TENSE, MOOD_ANGRY };

struct kept_event {
    __u64 ktime;
    __u64 number;
    __u8 tiny;
    __s16 small;
    bool odd;
    enum mood mood;
    float ratio;
    double share;
    void *pointer;
    char comm[16];
};

const struct kept_event *unused_kept_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct kept_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->number = number;
    event->tiny = (__u8)number;
    event->small = (__s16)-number;
    event->odd = number & 1;
    event->mood = number % 3;
    /* BPF has no floating point: the bits of 1.5 and -0.25 */
    *(__u32 *)&event->ratio = 0x3fc00000;
    *(__u64 *)&event->share = 0xbfd0000000000000;
    event->pointer = (void *)(0xffff888000000000 + number);
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
    return 0;
}
