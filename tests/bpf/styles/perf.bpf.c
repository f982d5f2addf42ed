// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The older kind of buffer, as most tools before Linux 5.8 have it: an event on the stack, and no
 * word about its type. The kernel adds 4 bytes to its 56. */
#include "mark.h"

struct open_event {
    __u64 number;
    __s64 negative;
    __u32 cpu;
    char comm[16];
    char word[20];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    struct open_event event = {};

    if (!is_mark(context))
        return 0;
    event.number = context->arguments[1];
    event.negative = -(__s64)event.number;
    event.cpu = bpf_get_smp_processor_id();
    bpf_get_current_comm(event.comm, sizeof(event.comm));
    __builtin_memcpy(event.word, "perf", 5);
    bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
    return 0;
}
