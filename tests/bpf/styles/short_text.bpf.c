// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records that are cut where their last text or list ends, by authors who copy no more than needed.
 */
#include "mark.h"

struct text_event {
    __u64 number;
    __u32 size;
    char text[128];
};

struct list_event {
    __u64 number;
    __u32 pad;
    __u32 list[16];
};

const struct text_event *unused_text_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} texts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
    __type(value, struct list_event);
} lists SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct text_event text = {.number = number, .size = number & 15};
    struct list_event list = {.number = number};

    if (!is_mark(context))
        return 0;
    for (int i = 0; i < 15; i++)
        text.text[i] = (char)('a' + i);
    bpf_ringbuf_output(&texts, &text, 12 + (number & 15), 0);
    for (int i = 0; i < 16; i++)
        list.list[i] = (__u32)number + i;
    bpf_ringbuf_output(&lists, &list, 12 + 4 * (number & 15), 0);
    return 0;
}
