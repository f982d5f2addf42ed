// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A header with the length of the payload that follows it, as network agents write. */
#include "mark.h"

#define MOST 128

struct header {
    __u64 timestamp;
    __u32 total;
    __u16 version;
    __u16 flags;
} __attribute__((packed));

struct message {
    struct header header;
    char payload[MOST];
} __attribute__((packed));

const struct message *unused_message __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct message);
} scratch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} messages SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 zero = 0, length = 1 + (context->arguments[1] & 31);
    struct message *message;

    if (!is_mark(context))
        return 0;
    message = bpf_map_lookup_elem(&scratch, &zero);
    if (!message)
        return 0;
    message->header.timestamp = bpf_ktime_get_ns();
    message->header.total = sizeof(struct header) + length;
    message->header.version = 3;
    message->header.flags = 0x8000 | (__u16)context->arguments[1];
    for (__u32 i = 0; i < 32; i++)
        message->payload[i] = (char)('a' + i % 26);
    bpf_ringbuf_output(&messages, message, sizeof(struct header) + length, 0);
    return 0;
}
