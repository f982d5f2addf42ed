// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A variable keeps the type of one ring; that of the other has the same length. */
#include "mark.h"

struct flow {
    __u64 bytes;
    __u32 pid;
    __u32 port;
};

struct payload {
    __u32 pid;
    __u32 length;
    char text[8];
};

const struct flow *unused __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} flows SEC(".maps"), payloads SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct flow flow = {.bytes = context->arguments[1], .pid = 7, .port = 443};
    struct payload payload = {.pid = 7, .length = 5, .text = "hello"};

    if (!is_mark(context))
        return 0;
    bpf_ringbuf_output(&flows, &flow, sizeof(flow), 0);
    bpf_ringbuf_output(&payloads, &payload, sizeof(payload), 0);
    return 0;
}
