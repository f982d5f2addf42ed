// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Types named as the kernel names them, declared by hand instead of by vmlinux.h. */
#include "mark.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
typedef unsigned short umode_t;
typedef u32 dev_t;
typedef long long loff_t;
typedef unsigned long kernel_ulong_t;
typedef _Bool boolean;

struct file_event {
    u64 inode;
    dev_t dev;
    umode_t mode;
    u16 nlink;
    loff_t offset;
    unsigned long size;
    long result;
    kernel_ulong_t driver_data;
    boolean deleted;
    u8 number;
    s64 debt;
    s64 credit;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct file_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = (u8)context->arguments[1];
    event->inode = 1ULL << 40 | event->number;
    event->dev = 8 << 20 | 1;
    event->mode = 0100644;
    event->nlink = 2;
    event->offset = -1;
    event->size = 4096;
    event->result = -2;
    event->driver_data = ~0UL;
    event->deleted = event->number & 1;
    event->debt = -(s64)event->number;
    event->credit = 1;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
