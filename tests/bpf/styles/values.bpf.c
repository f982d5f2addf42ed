// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Values that another field decides about, as tracers keep them: a list of NUL-separated arguments
 * with its length, addresses of either family, a tagged union, a stack with its depth; and names in
 * unsigned bytes. */
#include "mark.h"

enum kind { KIND_NONE, CONNECT, RENAME };

struct value_event {
    __u64 number;
    __u8 saddr[16];
    union {
        __u32 daddr_v4;
        __u8 daddr_v6[16];
    };
    __u16 family;
    __s16 depth;
    enum kind kind;
    union {
        struct {
            __u32 pid;
            __u16 port;
        } connect;
        struct {
            char from[8], to[8];
        } rename;
    } what;
    __u64 stack[8];
    __u8 comm[16];
    signed char deltas[4];
    __u32 args_size;
    char args[40];
};

const struct value_event *unused_value_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    struct value_event *event;

    if (!is_mark(context))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    /* what is not set for this kind of record is noise */
    __builtin_memset(event, 0x5a, sizeof(*event));
    event->number = number;
    event->family = number % 3 == 0 ? 2 : number % 3 == 1 ? 10 : 1;
    event->saddr[0] = 10;
    event->saddr[1] = 0;
    event->saddr[2] = 0;
    event->saddr[3] = (__u8)number;
    event->daddr_v4 = (__u32)number << 24 | 0x7f;
    event->kind = number % 3;
    if (event->kind == CONNECT) {
        event->what.connect.pid = (__u32)number;
        event->what.connect.port = 80;
    } else {
        __builtin_memcpy(event->what.rename.from, "old\0", 4);
        __builtin_memcpy(event->what.rename.to, "new\0", 4);
    }
    event->depth = (__s16)(number % 5) - 1;
    for (int i = 0; i < 8; i++)
        event->stack[i] = number + i;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    for (int i = 0; i < 4; i++)
        event->deltas[i] = (signed char)-i;
    __builtin_memcpy(event->args, "ls\0-l\0\0/tmp\0", 12);
    event->args_size = number & 1 ? 12 : 3;
    bpf_ringbuf_submit(event, 0);
    return 0;
}
