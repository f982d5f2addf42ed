// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Single characters, signed and unsigned ones, and the same as arrays. */
#include "mark.h"

typedef unsigned char u8;
typedef signed char s8;

struct char_event {
    __u32 number;
    char letter;
    signed char below;
    unsigned char above;
    u8 digest[4];
    s8 levels[4];
    char tag[4]; /* no NUL in it */
    char lines[3][6];
    const char *where;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct char_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->letter = (char)('A' + number);
    event->below = (signed char)-number;
    event->above = (unsigned char)(255 - number);
    for (int i = 0; i < 4; i++) {
        event->digest[i] = (u8)(0xf0 + i);
        event->levels[i] = (s8)(-i);
    }
    __builtin_memcpy(event->tag, "abcd", 4);
    __builtin_memcpy(event->lines, "one\0\0\0two\0\0\0three", 18);
    event->where = (const char *)0x1000;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
