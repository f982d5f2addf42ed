// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Outputs a window in slices: which of its groups become rows, and in what order.
 *
 *     groups ──▶ having ──▶ (order: the best so many, in a heap) ──▶ rows
 *
 * One window after the other. What became a row, and what did not, gives its place back; of a
 * running window it stays. Owned by the consumer thread. */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/exposition.h"
#include "aggregate/groups.h"
#include "aggregate/rows.h"

enum {
    REPORT_LIMIT_MAX = 100000,
    REPORT_SCAN = 256, /* groups that one slice looks at where not all become rows */
};

struct report_ranked;

struct report {
    /* immutable after it is open */
    struct groups *groups;
    struct rows *rows;
    struct exposition *exposition; /* NULL: the values are not metrics */
    struct expr *having;           /* NULL: all */
    const struct field *order;     /* NULL: as they came */
    bool descending;
    uint64_t limit; /* rows of a window; UINT64_MAX: all */
    bool keeps;     /* the groups */

    struct report_ranked *heap; /* the worst one first */
    uint32_t n_heap;
    bool sorted;
    uint64_t given;  /* rows of this window */
    uint32_t cursor; /* where the groups stay: the next one */
    uint32_t release[ROWS_MAX];
    uint32_t n_release;
};

/* The settings are in place. 0 or -ENOMEM. */
int report_init(struct report *report);

/* Frees what report_init() took; accepts a zeroed one. */
void report_deinit(struct report *report);

/* Begins with a pane. */
void report_begin(struct report *report, const struct pane *pane);
/* Makes the next rows of it, ROWS_MAX at most and perhaps none. False: that was all. The groups
 * have given their places back; what they hold, which the rows point at, stays until a record takes
 * such a place. */
bool report_slice(struct report *report, struct pane *pane, const struct rows_window *window,
                  int64_t now, struct batch *ret_batch);
/* Gives back the places of the groups in `release`. */
void report_release(struct report *report);
