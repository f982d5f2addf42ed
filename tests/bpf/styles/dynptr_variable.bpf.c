// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Exactly as long as the record needs, which only a dynptr can be without a copy. */
#include "mark.h"

struct datagram {
    __u64 number;
    __u32 length;
    __u8 data[];
};

const struct datagram *unused_datagram __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct bpf_dynptr memory;
    struct datagram head = {.number = number, .length = number & 15};
    __u8 byte;

    if (!is_mark(context))
        return 0;
    if (bpf_ringbuf_reserve_dynptr(&events, 12 + head.length, 0, &memory)) {
        bpf_ringbuf_discard_dynptr(&memory, 0);
        return 0;
    }
    bpf_dynptr_write(&memory, 0, &head, 12, 0);
    for (__u32 i = 0; i < 15; i++) {
        byte = (__u8)(number + i);
        bpf_dynptr_write(&memory, 12 + i, &byte, 1, 0); /* refused after the end */
    }
    bpf_ringbuf_submit_dynptr(&memory, 0);
    return 0;
}
