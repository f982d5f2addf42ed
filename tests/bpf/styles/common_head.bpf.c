// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All records begin with the same head, which another header defines, and end in any length. */
#include "mark.h"

struct msg_common {
    __u8 op;
    __u8 flags;
    __u8 pad[2];
    __u32 size;
    __u64 ktime;
};

struct msg_process {
    __u32 size;
    __u32 pid;
    __u64 i_ino;
    __u32 auid;
    __u32 flags;
    char args[0];
};

struct msg_execve_event {
    struct msg_common common;
    struct {
        __u32 pid;
        __u32 nspid;
        __u64 ktime;
    } parent;
    struct msg_process process;
    char buffer[256];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __s32);
    __type(value, struct msg_execve_event);
} execve_msg_heap_map SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __s32 zero = 0;
    struct msg_execve_event *msg;
    __u32 number = context->arguments[1] & 31, size = 1 + number;

    if (!is_mark(context))
        return 0;
    msg = bpf_map_lookup_elem(&execve_msg_heap_map, &zero);
    if (!msg)
        return 0;
    msg->common.op = 5;
    msg->common.flags = 1;
    msg->common.size = __builtin_offsetof(struct msg_execve_event, buffer) + size;
    msg->common.ktime = bpf_ktime_get_ns();
    msg->parent.pid = number + 1;
    msg->parent.ktime = 7;
    msg->process.size = size;
    msg->process.pid = number;
    msg->process.auid = ~0U;
    __builtin_memcpy(msg->buffer, "/usr/bin/env --ignore", 22);
    bpf_ringbuf_output(&events, msg, __builtin_offsetof(struct msg_execve_event, buffer) + size, 0);
    return 0;
}
