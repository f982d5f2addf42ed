// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Nothing but a local variable has the type, so clang leaves it out of BTF: only DWARF knows it. */
#include "mark.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

struct hidden_event {
    __u64 number;
    __s32 negative;
    char word[8];
};

MARK_SECTION
int mark(struct mark_context *context)
{
    struct hidden_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = context->arguments[1];
    event->negative = -(__s32)context->arguments[1];
    __builtin_memcpy(event->word, "hidden\0", 8);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
