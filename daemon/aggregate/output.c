// SPDX-License-Identifier: Apache-2.0

/* process() never outputs a window: rows need room in the lanes, which is asked for by the
 * consumer before it calls make(). Where windows end faster than their rows find room, the handler
 * says that it waits, and its stream is paused like one whose sink is slow. */

#include "aggregate/state.h"

#define NS_PER_SECOND 1e9

/* offset: to ns since 1970. */
static struct rows_window describe(int64_t start, int64_t end, int64_t offset, bool partial)
{
    int64_t length = end - start;

    return (struct rows_window){
        .start = (int64_t)((uint64_t)start + (uint64_t)offset),
        .end = (int64_t)((uint64_t)end + (uint64_t)offset),
        .seconds = (double)(length > 0 ? length : 1) / NS_PER_SECOND,
        .partial = partial,
    };
}

/* Of the window that is put out. One that was not seen whole keeps its times, but its rates are of
 * what was seen. */
static struct rows_window describe_window(const struct aggregate *aggregate)
{
    const struct windows *windows = &aggregate->windows;
    const struct window *window = &windows->slots[aggregate->reporting];
    int64_t start = window->start, end = window->end;
    struct rows_window described;

    if (windows->spec.running)
        return describe(windows->since, aggregate->shown_time, windows_offset(windows),
                        aggregate->stopped);
    described = describe(start, end, window->offset, window->partial);
    if (window->partial && !windows->spec.by) {
        start = start < windows->since && windows->since < end ? windows->since : start;
        end = windows->last_time > start && windows->last_time < end ? windows->last_time : end;
        described.seconds = (double)(end - start) / NS_PER_SECOND;
    }
    return described;
}

static bool begin_window(struct aggregate *aggregate)
{
    uint32_t slot = windows_first_closing(&aggregate->windows);

    if (slot == WINDOWS_NONE)
        return false;
    aggregate->reporting = slot;
    report_begin(&aggregate->report, &aggregate->windows.slots[slot].pane);
    return true;
}

static void end_window(struct aggregate *aggregate)
{
    counter_add(&aggregate->windows_ended, 1);
    aggregate->reporting = WINDOWS_NONE;
    if (!aggregate->windows.spec.running)
        windows_done(&aggregate->windows);
}

static bool make_windows(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct rows_window window;

    windows_tick(&aggregate->windows, now);
    if (last)
        windows_close_all(&aggregate->windows, true);
    if (aggregate->reporting == WINDOWS_NONE && !begin_window(aggregate))
        return false;
    window = describe_window(aggregate);
    if (!report_slice(&aggregate->report, &aggregate->windows.slots[aggregate->reporting].pane,
                      &window, now, batch))
        end_window(aggregate);
    return true;
}

/* The last time it is shown, it is whatever it has become. */
static bool make_running(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    struct rows_window window;

    if (!windows->begun)
        aggregate->shown = now;
    windows_tick(windows, now);
    if (aggregate->reporting == WINDOWS_NONE) {
        bool due = now - aggregate->shown >= (int64_t)windows->spec.every;

        if (windows->n_live == 0 || aggregate->stopped || !(due || last))
            return false;
        aggregate->stopped = last;
        aggregate->shown = now;
        aggregate->shown_time = windows->last_time;
        aggregate->reporting = windows->live[0];
        report_begin(&aggregate->report, &windows->slots[aggregate->reporting].pane);
    }
    window = describe_window(aggregate);
    if (!report_slice(&aggregate->report, &windows->slots[aggregate->reporting].pane, &window, now,
                      batch))
        end_window(aggregate);
    return true;
}

static bool make_sessions(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    struct exposition *exposition = aggregate->report.exposition;
    struct rows_window window = {.seconds = 1};
    struct pane *live;
    int64_t time;
    bool more;

    windows_tick(windows, now);
    if (windows->n_live == 0)
        return false;
    live = &windows->slots[windows->live[0]].pane;
    time = state_time(aggregate);
    aggregate->sessions.era = windows->era;
    more = sessions_sweep(&aggregate->sessions, live, now, time, aggregate->base.waits, last);
    more |= last && live->count > 0;
    rows_clear(&aggregate->rows);
    while (aggregate->rows.count < ROWS_MAX && aggregate->sessions.ended.count > 0) {
        uint32_t number = groups_pop(&aggregate->groups, &aggregate->sessions.ended);
        const struct group *group = groups_at(&aggregate->groups, number);

        window = describe(group->since, group->until, aggregate->sessions.offsets[group->era],
                          group->cut);
        rows_add(&aggregate->rows, group, &window);
        aggregate->report.release[aggregate->report.n_release++] = number;
    }
    rows_batch(&aggregate->rows, now, batch);
    if (exposition) {
        exposition_take(exposition, &aggregate->groups, aggregate->report.release, batch, &window);
        exposition_end(exposition, &window, now);
    }
    if (aggregate->report.having && batch->selected > 0)
        expr_select(aggregate->report.having, batch);
    report_release(&aggregate->report);
    counter_add(&aggregate->windows_ended, aggregate->rows.count);
    return more || aggregate->sessions.ended.count > 0;
}

bool output_make(struct handler *handler, int64_t now, bool last, struct batch *batch)
{
    struct aggregate *aggregate = (struct aggregate *)handler;
    const struct window_spec *spec = &aggregate->windows.spec;
    bool more;

    if (handler->records_wait)
        aggregate->windows.arrival = now; /* something came, if nobody knows what */
    batch->selected = batch->count = 0;
    more = spec->running             ? make_running(aggregate, now, last, batch)
           : window_is_session(spec) ? make_sessions(aggregate, now, last, batch)
                                     : make_windows(aggregate, now, last, batch);
    state_update_waits(aggregate);
    return more;
}

int64_t output_due(const struct handler *handler)
{
    const struct aggregate *aggregate = (const struct aggregate *)handler;
    const struct windows *windows = &aggregate->windows;

    if (aggregate->reporting != WINDOWS_NONE || windows->n_closing > 0 || aggregate->base.waits)
        return 0;
    if (aggregate->stopped)
        return INT64_MAX;
    if (windows->spec.running && windows->n_live > 0)
        return aggregate->shown + (int64_t)windows->spec.every;
    if (window_is_session(&windows->spec) && windows->n_live > 0)
        return sessions_due(&aggregate->sessions, &windows->slots[windows->live[0]].pane,
                            state_time(aggregate));
    return windows_due(windows);
}
