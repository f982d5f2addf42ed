// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Filters by the name of the task, in the kernel: as compiled, by that of no task. */
#include "mark.h"

const volatile char target[16] = "";

struct match_event {
    __u64 number;
    bool is_target;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline bool is_target(const char *comm)
{
    for (int i = 0; i < 16; i++) {
        if (comm[i] != target[i])
            return false;
        if (!comm[i])
            break;
    }
    return true;
}

MARK_SECTION
int mark(struct mark_context *context)
{
    struct match_event event = {.number = context->arguments[1]};

    if (!is_mark(context))
        return 0;
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    event.is_target = is_target(event.comm);
    if (target[0] && !event.is_target)
        return 0;
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
