// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Types have no tags but names, as in C++ and Go headers. */
#include "mark.h"

typedef unsigned long long u64;
typedef unsigned int u32;

typedef enum { STATE_NEW, STATE_OPEN, STATE_CLOSED } state_t;

typedef struct {
    u32 major;
    u32 minor;
} version_t;

typedef struct {
    u64 number;
    version_t version;
    state_t state;
} record_t;

const record_t *unused_record __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    record_t *record;

    if (!is_mark(context))
        return 0;
    record = bpf_ringbuf_reserve(&events, sizeof(record_t), 0);
    if (!record)
        return 0;
    record->number = context->arguments[1];
    record->version = (version_t){5, (u32)record->number};
    record->state = record->number % 3;
    bpf_ringbuf_submit(record, 0);
    return 0;
}
