// SPDX-License-Identifier: Apache-2.0

/* To sort a window's hundred thousand groups takes longer than a ring can wait, so order: needs a
 * limit:, and the best so many are kept in a heap while the groups are looked at, slice by slice.
 * The heap is sorted by taking its worst one out again and again, also in slices. */

#include "aggregate/window_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct report_ranked {
    double rank; /* higher is better */
    uint32_t group;
};

int report_init(struct report *report)
{
    if (!report->order)
        return 0;
    report->heap = calloc(report->limit, sizeof(*report->heap));
    return report->heap ? 0 : -ENOMEM;
}

void report_deinit(struct report *report)
{
    free(report->heap);
    expr_free(report->having);
}

void report_begin(struct report *report, const struct pane *pane)
{
    report->n_heap = 0;
    report->sorted = false;
    report->given = 0;
    report->cursor = pane->first;
}

static void let_go(struct report *report, uint32_t number)
{
    if (!report->keeps)
        groups_release(report->groups, number);
}

void report_release(struct report *report)
{
    for (uint32_t i = 0; i < report->n_release; i++)
        let_go(report, report->release[i]);
    report->n_release = 0;
}

static uint32_t next_group(struct report *report, struct pane *pane)
{
    uint32_t number = report->cursor;

    if (!report->keeps)
        return groups_pop(report->groups, pane);
    if (number != GROUPS_NONE)
        report->cursor = groups_at(report->groups, number)->next;
    return number;
}

/* Before anything is left out of the rows: a counter counts all. */
static void expose(struct report *report, const struct rows_window *window, int64_t now,
                   const struct batch *batch)
{
    if (batch->count > 0)
        exposition_take(report->exposition, report->groups, report->release, batch, window);
    else
        exposition_end(report->exposition, window, now);
}

/* Takes groups from the pane into rows and selects those that having lets pass. Their numbers are
 * in `release`, by row. False: the pane is empty. */
static bool take(struct report *report, struct pane *pane, const struct rows_window *window,
                 int64_t now, struct batch *batch)
{
    uint32_t number;

    rows_clear(report->rows);
    while (report->rows->count < ROWS_MAX && (number = next_group(report, pane)) != GROUPS_NONE) {
        rows_add(report->rows, groups_at(report->groups, number), window);
        report->release[report->n_release++] = number;
    }
    rows_batch(report->rows, now, batch);
    if (report->exposition)
        expose(report, window, now, batch);
    if (report->having && batch->selected > 0)
        expr_select(report->having, batch);
    return report->rows->count > 0;
}

/* ---- in order of arrival --------------------------------------------------------------------- */

static bool slice_plain(struct report *report, struct pane *pane, const struct rows_window *window,
                        int64_t now, struct batch *batch)
{
    bool more = take(report, pane, window, now, batch);

    if (batch->selected > report->limit - report->given)
        batch->selected = (uint32_t)(report->limit - report->given);
    report->given += batch->selected;
    return more;
}

/* ---- sorted ---------------------------------------------------------------------------------- */

static void sift_down(struct report_ranked *heap, uint32_t count, uint32_t at)
{
    struct report_ranked moved = heap[at];

    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1].rank < heap[child].rank)
            child++;
        if (heap[child].rank >= moved.rank)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void sift_up(struct report_ranked *heap, uint32_t at)
{
    struct report_ranked moved = heap[at];

    for (; at > 0 && heap[(at - 1) / 2].rank > moved.rank; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = moved;
}

static void enter(struct report *report, double rank, uint32_t number)
{
    struct report_ranked ranked = {rank, number};

    if (report->n_heap < report->limit) {
        report->heap[report->n_heap] = ranked;
        sift_up(report->heap, report->n_heap++);
        return;
    }
    if (rank <= report->heap[0].rank) {
        let_go(report, number);
        return;
    }
    let_go(report, report->heap[0].group);
    report->heap[0] = ranked;
    sift_down(report->heap, report->n_heap, 0);
}

/* Looks at the next groups. False: the pane is empty. */
static bool gather(struct report *report, struct pane *pane, const struct rows_window *window,
                   int64_t now, struct batch *batch)
{
    uint32_t next = 0;
    bool more = take(report, pane, window, now, batch);

    for (uint32_t row = 0; row < report->rows->count; row++) {
        double rank = rows_rank(report->rows, report->order, row);

        if (next < batch->selected && batch->selection[next] == row) {
            enter(report, report->descending ? rank : -rank, report->release[row]);
            next++;
        } else {
            let_go(report, report->release[row]);
        }
    }
    report->n_release = 0;
    batch->selected = batch->count = 0;
    return more;
}

/* Turns the heap into a list from the best to the worst, step by step. */
static bool sort_some(struct report *report)
{
    for (uint32_t step = 0; step < REPORT_SCAN && report->given < report->n_heap; step++) {
        uint32_t left = report->n_heap - (uint32_t)report->given;
        struct report_ranked worst = report->heap[0];

        report->heap[0] = report->heap[left - 1];
        report->heap[left - 1] = worst;
        if (left > 2)
            sift_down(report->heap, left - 1, 0);
        report->given++;
    }
    return report->given == report->n_heap;
}

static bool give_sorted(struct report *report, const struct rows_window *window, int64_t now,
                        struct batch *batch)
{
    rows_clear(report->rows);
    while (report->rows->count < ROWS_MAX && report->given < report->n_heap) {
        uint32_t number = report->heap[report->given++].group;

        rows_add(report->rows, groups_at(report->groups, number), window);
        report->release[report->n_release++] = number;
    }
    rows_batch(report->rows, now, batch);
    return report->given < report->n_heap;
}

static bool slice_sorted(struct report *report, struct pane *pane, const struct rows_window *window,
                         int64_t now, struct batch *batch)
{
    if (report->sorted)
        return give_sorted(report, window, now, batch);
    for (uint32_t seen = 0; seen < REPORT_SCAN; seen += ROWS_MAX)
        if (!gather(report, pane, window, now, batch)) {
            report->sorted = sort_some(report);
            if (report->sorted)
                report->given = 0;
            break;
        }
    return true;
}

bool report_slice(struct report *report, struct pane *pane, const struct rows_window *window,
                  int64_t now, struct batch *ret_batch)
{
    bool more;

    ret_batch->selected = ret_batch->count = 0;
    more = report->order ? slice_sorted(report, pane, window, now, ret_batch)
                         : slice_plain(report, pane, window, now, ret_batch);
    report_release(report);
    return more;
}
