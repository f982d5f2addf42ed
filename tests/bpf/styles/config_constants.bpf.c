// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Its own user space sets constants before it loads the program; as compiled they mean "all". */
#include "mark.h"

#include <stdbool.h>

const volatile bool filter_by_number = false;
const volatile __u32 targ_number = 0;
const volatile __u64 min_duration_ns = 0;
const volatile struct {
    __u32 every;
    bool upper;
} settings = {.every = 2, .upper = true};
static const volatile char prefix[8] = "cfg";

struct config_event {
    __u32 number;
    __u32 every;
    char word[8];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 number = context->arguments[1];
    struct config_event *event;

    if (!is_mark(context) || (filter_by_number && number != targ_number) ||
        number < min_duration_ns || number % settings.every)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->number = number;
    event->every = settings.every;
    for (int i = 0; i < 8; i++)
        event->word[i] = prefix[i] >= 'a' && settings.upper ? prefix[i] - 32 : prefix[i];
    bpf_ringbuf_submit(event, 0);
    return 0;
}
