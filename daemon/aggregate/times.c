// SPDX-License-Identifier: Apache-2.0

/* Lateness is decided here, record by record in the order of the ring. A batch never moves the
 * watermark over its own records: each keeps what the watermark was when it came. */

#include "aggregate/state.h"

/* What now is by the windows' clock, for a batch whose records say when they happened. */
struct present {
    int64_t time;  /* of records that do not say it, or say the future: one such would end all */
    int64_t limit; /* what is later is from the future */
};

static int64_t add_clipped(int64_t time, int64_t offset)
{
    int64_t sum;

    if (__builtin_add_overflow(time, offset, &sum))
        return windows_clip(time > 0 ? INT64_MAX : INT64_MIN);
    return windows_clip(sum);
}

/* A ktime by the windows' clock. */
static int64_t convert(const struct windows *windows, int64_t ktime)
{
    return windows->on_wall && windows->wall ? add_clipped(ktime, windows->wall->offset)
                                             : windows_clip(ktime);
}

static void set_present(struct present *present, int64_t time)
{
    present->time = windows_clip(time);
    present->limit = add_clipped(time, WINDOWS_AHEAD_NS);
}

static bool is_replayed(const struct windows *windows)
{
    return windows->wall && windows->wall->replayed;
}

/* This machine's clock says nothing about a capture's records. Theirs says by when they were read,
 * up to the last time that it was looked at; what comes after that may be from any time. */
static struct present find_present(const struct windows *windows, int64_t now)
{
    const struct wall_offset *wall = windows->wall;
    struct present present;

    if (!is_replayed(windows)) {
        set_present(&present, windows_time(windows, now));
        return present;
    }
    present.time = convert(windows, wall->measured);
    present.limit = add_clipped(convert(windows, wall->latest), WINDOWS_AHEAD_NS);
    return present;
}

/* What was now when a capture's record came is not known as exactly: at least what the newest one
 * before it says. */
static int64_t now_of(const struct windows *windows, const struct present *present)
{
    return is_replayed(windows) && windows->newest > present->time ? windows->newest
                                                                   : present->time;
}

/* The turn may have begun long ago, so the clock has the last word. */
static bool is_ahead(const struct aggregate *aggregate, int64_t time, struct present *present)
{
    const struct windows *windows = &aggregate->windows;

    if (aggregate->clock && !is_replayed(windows))
        set_present(present, windows_time(windows, aggregate->clock()));
    return time > present->limit;
}

static int64_t time_of(struct aggregate *aggregate, uint32_t index, struct present *present)
{
    const struct windows *windows = &aggregate->windows;
    int64_t time = (int64_t)aggregate->times.integers[index];

    if (column_is_null(&aggregate->times, index))
        return now_of(windows, present);
    if (time < 0 && !aggregate->time_is_signed)
        time = INT64_MAX;
    if (aggregate->time_is_boot && windows->wall)
        time = (int64_t)((uint64_t)time - (uint64_t)windows->wall->slept);
    time = aggregate->time_is_wall ? windows_clip(time) : convert(windows, time);
    if (time <= present->limit || !is_ahead(aggregate, time, present))
        return time;
    counter_add(&aggregate->ahead, 1);
    return now_of(windows, present);
}

/* The record is to be taken in by one of its windows at least. Those of its windows that ended are
 * the first ones. */
static bool find_numbers(struct aggregate *aggregate, uint32_t index, int64_t time)
{
    struct windows *windows = &aggregate->windows;
    int64_t number = windows_number_near(windows, time);
    int64_t first = number - (int64_t)windows->hops + 1;

    aggregate->numbers[index] = number;
    aggregate->bounds[index] = windows->oldest;
    if (number < windows->oldest)
        return false;
    if (first < windows->oldest)
        counter_add(&aggregate->missed, (uint64_t)(windows->oldest - first));
    return true;
}

static bool find_bound(struct aggregate *aggregate, uint32_t index, int64_t time)
{
    const struct windows *windows = &aggregate->windows;

    aggregate->bounds[index] = windows->watermark;
    return time + (int64_t)windows->spec.gap > windows->watermark;
}

void times_find(struct aggregate *aggregate, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    bool session = window_is_session(&windows->spec);
    struct present present;
    uint32_t kept = 0;

    windows_look(windows, batch->now);
    present = find_present(windows, batch->now);
    expr_values(aggregate->time, batch, &aggregate->times);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        int64_t time = time_of(aggregate, index, &present);

        aggregate->times.integers[index] = (uint64_t)time;
        windows_see(windows, time);
        if (session ? find_bound(aggregate, index, time) : find_numbers(aggregate, index, time))
            batch->selection[kept++] = index;
    }
    batch->late = batch->selected - kept;
    batch->selected = kept;
}
