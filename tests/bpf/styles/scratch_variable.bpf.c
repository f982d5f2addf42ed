// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record is made in a per-CPU map, and only as much of it is copied as its last text needs. */
#include "mark.h"

#define LONGEST 256

struct variable_event {
    __u64 number;
    __u32 length;
    char path[LONGEST];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct variable_event);
} heap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 17);
} events SEC(".maps");

const struct variable_event *unused_variable_event __attribute__((unused));

MARK_SECTION
int mark(struct mark_context *context)
{
    static const char path[] = "/usr/share/doc/a/long/one/that/goes/on";
    __u32 zero = 0, skip = context->arguments[1];
    struct variable_event *event;
    long length;

    if (!is_mark(context) || skip >= sizeof(path))
        return 0;
    event = bpf_map_lookup_elem(&heap, &zero);
    if (!event)
        return 0;
    event->number = skip;
    length = bpf_probe_read_kernel_str(event->path, sizeof(event->path), path + skip);
    if (length <= 0 || length > LONGEST)
        return 0;
    event->length = length;
    bpf_ringbuf_output(&events, event, __builtin_offsetof(struct variable_event, path) + length, 0);
    return 0;
}
