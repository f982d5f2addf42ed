// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Several records for one run of the program: a callback of bpf_loop() writes them. */
#include "mark.h"

struct step_event {
    __u32 number;
    __u32 step;
};

struct state {
    __u32 number;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static long each_step(__u32 step, struct state *state)
{
    struct step_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 1;
    event->number = state->number;
    event->step = step;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

MARK_SECTION
int mark(struct mark_context *context)
{
    struct state state = {.number = (__u32)context->arguments[1]};

    if (is_mark(context))
        bpf_loop(3, each_step, &state, 0);
    return 0;
}
