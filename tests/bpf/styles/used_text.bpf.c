// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Of a text at the end, only the part that is used is put into the ring; no type is so short. */
#include "mark.h"

struct command {
    __u32 number;
    __u32 length;
    char text[64];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct command command = {.length = 5, .text = "true"};

    if (!is_mark(context))
        return 0;
    command.number = (__u32)context->arguments[1];
    bpf_ringbuf_output(&events, &command, __builtin_offsetof(struct command, text) + 5, 0);
    return 0;
}
