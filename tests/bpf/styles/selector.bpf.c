// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One ring, four types behind a selector, and a fifth that nobody described. */
#include "mark.h"

enum kind { KIND_OPEN = 1, KIND_CLOSE, KIND_READ, KIND_WRITE, KIND_SECRET };

struct head {
    enum kind kind;
    __u32 number;
};

struct open_event {
    struct head head;
    char path[16];
};

struct close_event {
    struct head head;
    __s32 result;
};

struct read_event {
    struct head head;
    __u64 bytes;
};

struct write_event {
    struct head head;
    __u64 bytes;
    __u64 offset;
};

const struct open_event *unused_open __attribute__((unused));
const struct close_event *unused_close __attribute__((unused));
const struct read_event *unused_read __attribute__((unused));
const struct write_event *unused_write __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

#define RESERVE(type, value)                                              \
    struct type *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0); \
    if (!event)                                                           \
        return 0;                                                         \
    event->head.kind = (value);                                           \
    event->head.number = (__u32)context->arguments[1]

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];

    if (!is_mark(context))
        return 0;
    if (number % 5 == 0) {
        RESERVE(open_event, KIND_OPEN);
        __builtin_memcpy(event->path, "/etc/passwd\0\0\0\0", 16);
        bpf_ringbuf_submit(event, 0);
    } else if (number % 5 == 1) {
        RESERVE(close_event, KIND_CLOSE);
        event->result = -9;
        bpf_ringbuf_submit(event, 0);
    } else if (number % 5 == 2) {
        RESERVE(read_event, KIND_READ);
        event->bytes = number * 10;
        bpf_ringbuf_submit(event, 0);
    } else if (number % 5 == 3) {
        RESERVE(write_event, KIND_WRITE);
        event->bytes = number * 100;
        event->offset = number + 1;
        bpf_ringbuf_submit(event, 0);
    } else {
        RESERVE(read_event, KIND_SECRET);
        event->bytes = 0;
        bpf_ringbuf_submit(event, 0);
    }
    return 0;
}
