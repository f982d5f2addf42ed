// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An aggregate's values as metrics.
 *
 *     count, sum of what has no sign     counter      grows by each window's, or is a running one's
 *     hist                               histogram    the same, bucket by bucket
 *     all other numbers                  gauge        of the last window that the group was in
 *
 * Groups come here when they become rows, in the slices of those. What finds no set of labels is
 * merged, window by window, so that also the quantiles of all the rest are right. */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/groups.h"
#include "aggregate/label_sets.h"
#include "aggregate/options.h"
#include "aggregate/rows.h"
#include "aggregate/value.h"
#include "record/handler.h"

enum {
    EXPOSITION_LABEL_MAX = 128,        /* bytes of a label's value that are shown */
    EXPOSITION_LINES_MAX = 250 * 1000, /* of one aggregate, on a page */
};

struct exposed;
struct label_printer;

struct exposition {
    /* immutable after it is open */
    struct metric *metrics; /* n of them */
    struct exposed *exposed;
    uint32_t n;
    const struct value *values; /* all of the aggregate's */
    uint32_t n_values;
    const struct key *key;
    bool replaces; /* a running window: its numbers are those since the start */
    int64_t lasts; /* ns that a gauge is shown; INT64_MAX: forever */
    const struct wall_offset *wall;

    /* owned by the consumer thread */
    struct label_printer *printer;
    struct group *rest; /* of a window: the groups without labels of their own, merged */
    struct column column;

    struct label_sets sets; /* see there */
};

/* Bytes that it takes. */
uint64_t exposition_memory(const struct options *options, const struct key *key,
                           const struct value *values, uint32_t n_values);

/* What the values are called as metrics, and whether labels may be called like that, by the config
 * alone. All given stay the caller's and must outlive it. 0; -EINVAL after messages; -ENOMEM.
 * exposition_deinit() follows in all cases. */
int exposition_init(struct exposition *exposition, const struct options *options,
                    const struct key *key, const struct value *values, uint32_t n_values,
                    const struct groups *groups, const struct handler_host *host,
                    struct diag *diag);

/* Frees what exposition_init() took; accepts a zeroed one. */
void exposition_deinit(struct exposition *exposition);

/* Consumer thread: the groups of a batch of rows, in its order. */
void exposition_take(struct exposition *exposition, const struct groups *groups,
                     const uint32_t *numbers, const struct batch *rows,
                     const struct rows_window *window);
/* Consumer thread: exposition_take() has seen all groups of this window. */
void exposition_end(struct exposition *exposition, const struct rows_window *window, int64_t now);

/* Main thread: emits the samples of the metric of that index. */
void exposition_samples(const struct exposition *exposition, uint32_t metric, metric_emit emit,
                        void *data);
