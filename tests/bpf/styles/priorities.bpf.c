// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Two rings of one type: what must not be lost has one of its own. */
#include "mark.h"

struct alert {
    __u64 number;
    __u32 severity;
    __u32 code;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} urgent SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} usual SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct alert alert = {.number = context->arguments[1]};

    if (!is_mark(context))
        return 0;
    alert.severity = alert.number % 4 == 0 ? 9 : 1;
    alert.code = alert.number + 1000;
    if (alert.severity > 5)
        bpf_ringbuf_output(&urgent, &alert, sizeof(alert), BPF_RB_FORCE_WAKEUP);
    else
        bpf_ringbuf_output(&usual, &alert, sizeof(alert), 0);
    return 0;
}
