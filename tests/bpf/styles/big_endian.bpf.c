// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fields in network order that are neither addresses nor ports, and texts of fixed width. */
#include "mark.h"

#include <bpf/bpf_endian.h>

struct wire_event {
    __be64 number;
    __be32 sequence;
    __be16 checksum;
    __le16 length;
    __be32 spi;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct wire_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = bpf_cpu_to_be64(number);
    event->sequence = bpf_htonl(number + 1);
    event->checksum = bpf_htons(number + 2);
    event->length = (__u16)(number + 3);
    event->spi = bpf_htonl(1);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
