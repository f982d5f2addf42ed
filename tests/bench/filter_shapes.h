// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What bench-filter asks of its records, each predicate in three forms: an expression, C by hand,
 * and a tree of nodes. */

#include <bpf/libbpf.h>

#include "bench/walker.h"
#include "event.h"
#include "record/batch.h"

enum { FILTER_TEXT_MAX = 16384, FILTER_SHAPES = 5 };

struct filter_tally {
    uint64_t records;
    uint64_t kept;
    uint64_t checksum; /* over the numbers of those kept, in order */
};

static inline __attribute__((always_inline)) void filter_keep(struct filter_tally *tally,
                                                              const struct event *event)
{
    tally->kept++;
    tally->checksum = tally->checksum * 5 + event->number;
}

struct filter_shape {
    const char *name;
    char text[FILTER_TEXT_MAX];
    ring_buffer_sample_fn on_record; /* by hand, for libbpf; its context is a filter_tally */
    void (*on_batch)(struct filter_tally *tally, const struct ringmill_view *views, uint32_t n);
    const struct walker *walker;
};

extern const struct schema filter_schema;
extern struct filter_shape filter_shapes[FILTER_SHAPES];

/* Once, before they are used. */
void filter_make_shapes(void);
