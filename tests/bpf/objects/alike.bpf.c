// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two kinds of records that are as long, in one ring; for bpf2go only one of them was kept. */
#include "../styles/mark.h"

struct opened {
    __u32 kind; /* 1 */
    __u32 number;
    __u64 inode;
};

struct closed {
    __u32 kind; /* 2 */
    __u32 number;
    __s32 result;
    __u16 low, high;
};

const struct opened *unused_opened __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = (__u32)context->arguments[1];
    struct opened *opened;
    struct closed *closed;

    if (!is_mark(context))
        return 0;
    opened = bpf_ringbuf_reserve(&events, sizeof(*opened), 0);
    if (!opened)
        return 0;
    opened->kind = 1;
    opened->number = number;
    opened->inode = 1000 + number;
    bpf_ringbuf_submit(opened, 0);
    closed = bpf_ringbuf_reserve(&events, sizeof(*closed), 0);
    if (!closed)
        return 0;
    closed->kind = 2;
    closed->number = number;
    closed->result = -9;
    closed->low = 1;
    closed->high = 2;
    bpf_ringbuf_submit(closed, 0);
    return 0;
}
