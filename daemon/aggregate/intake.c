// SPDX-License-Identifier: Apache-2.0

/* A batch goes through in loops, not record by record: all hashes, then all slots fetched ahead,
 * then all groups, then one loop for each value. So the cache misses of 32 records overlap, where
 * a table that is asked record by record waits for each of them in turn. */

#include "aggregate/intake.h"

#include <string.h>

#include "aggregate/state.h"

/* What a core's own cache holds beside all else. */
enum { NEAR_BYTES = 256 * 1024 };

/* A record's time by the windows' clock. What says to be from the future is of now: a single such
 * record would end all windows. Null is now, too. */
static int64_t time_of(const struct aggregate *aggregate, uint32_t index, int64_t now)
{
    const struct windows *windows = &aggregate->windows;
    int64_t time = (int64_t)aggregate->times.integers[index], present;

    present = windows_time(windows, now);
    if (column_is_null(&aggregate->times, index))
        return present;
    if (windows->on_wall && !aggregate->time_is_wall)
        time = wall_offset_apply(windows->wall, (uint64_t)time);
    return time < present ? time : present;
}

/* By a field: fills numbers, and drops from the selection what is late. */
static void find_windows(struct aggregate *aggregate, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    uint32_t kept = 0;

    expr_values(aggregate->time, batch, &aggregate->times);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        int64_t time = time_of(aggregate, index, batch->now);

        aggregate->times.integers[index] = (uint64_t)time;
        aggregate->numbers[index] = windows_number(windows, time);
        if (!windows_is_late(windows, time))
            batch->selection[kept++] = index;
    }
    batch->late = batch->selected - kept;
    batch->selected = kept;
}

static void read_weights(struct aggregate *aggregate, const struct batch *batch)
{
    for (uint32_t i = 0; aggregate->weight && i < batch->selected; i++) {
        uint32_t index = batch->selection[i];

        aggregate->weights[index] = batch_present(batch, aggregate->weight, index)
                                        ? batch_integer(batch, aggregate->weight, index)
                                        : 1;
    }
}

/* Hops back from each record's last window; drops from the selection what that window is over for.
 */
static void prepare_pane(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    int64_t number = aggregate->present;
    uint32_t kept = 0, slot = WINDOWS_NONE;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        int64_t own = aggregate->time ? aggregate->numbers[index] : aggregate->present;
        uint64_t hash;

        if (i == 0 || own != number) {
            number = own;
            slot = windows_slot(&aggregate->windows, number - hop);
        }
        if (slot == WINDOWS_NONE)
            continue;
        hash = groups_hash(aggregate->hashes[index], slot);
        aggregate->slots[index] = slot;
        aggregate->pane_hashes[index] = hash;
        groups_prefetch_slot(&aggregate->groups, hash);
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
    for (uint32_t i = 0; i < kept; i++)
        aggregate->guesses[i] =
            groups_guess(&aggregate->groups, aggregate->pane_hashes[batch->selection[i]]);
}

static int64_t session_time(const struct aggregate *aggregate, const struct batch *batch,
                            uint32_t index)
{
    return aggregate->time ? (int64_t)aggregate->times.integers[index]
                           : windows_time(&aggregate->windows, batch->now);
}

/* Fills states; drops from the selection what finds no place at all. */
static void find_sessions(struct aggregate *aggregate, struct batch *batch)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint32_t slot = aggregate->slots[index];
        uint64_t hash = aggregate->pane_hashes[index];
        int64_t time = session_time(aggregate, batch, index);
        struct group *group;

        sessions_part(&aggregate->sessions, slot, index, hash, time);
        group =
            groups_get(&aggregate->groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        sessions_extend(group, time);
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

/* The same for windows that are the same for all groups. Nearly all guesses are right. */
static void find_groups(struct aggregate *aggregate, struct batch *batch)
{
    struct groups *groups = &aggregate->groups;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint32_t slot = aggregate->slots[index];
        uint64_t hash = aggregate->pane_hashes[index];
        struct group *group = aggregate->guesses[i];

        if (group && groups_is(groups, group, slot, index, hash))
            groups_touch(group, groups->stamp);
        else
            group = groups_get(groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

/* Both in one: where all groups are in the cache anyway, fetching ahead only costs. All records are
 * in one window, whose slot is given. step: of the key's images, 0 without; a constant where it is
 * small, so that all that the loop needs stays in registers. */
static inline __attribute__((always_inline)) void
near_loop(struct aggregate *aggregate, struct batch *batch, uint32_t slot, uint32_t step)
{
    struct groups *groups = &aggregate->groups;
    const struct groups_table table = groups->table;
    const uint32_t n = batch->selected, stamp = groups->stamp;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint16_t index = batch->selection[i];
        uint64_t hash = groups_hash(aggregate->hashes[index], slot);
        struct group *group = groups_look(&table, hash);

        if (group && (step ? group->pane == slot &&
                                 key_is_image(&table.images, step, index, groups_key(group))
                           : groups_is(groups, group, slot, index, hash)))
            groups_touch(group, stamp);
        else
            group = groups_get(groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

static void find_near_groups(struct aggregate *aggregate, struct batch *batch, uint32_t slot)
{
    groups_begin(&aggregate->groups);
    switch (aggregate->groups.table.images.step) {
    case 2:
        return near_loop(aggregate, batch, slot, 2);
    case 3:
        return near_loop(aggregate, batch, slot, 3);
    default:
        return near_loop(aggregate, batch, slot, 0);
    }
}

static void find_far_groups(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    prepare_pane(aggregate, batch, hop);
    groups_begin(&aggregate->groups);
    if (window_is_session(&aggregate->windows.spec))
        find_sessions(aggregate, batch);
    else
        find_groups(aggregate, batch);
}

static bool is_near(const struct aggregate *aggregate)
{
    return !aggregate->time && !window_is_session(&aggregate->windows.spec) &&
           counter_get(&aggregate->groups.used) * aggregate->groups.table.place_size < NEAR_BYTES;
}

static void take_in(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    struct value_input input = {.batch = batch,
                                .weights = aggregate->weight ? aggregate->weights : NULL,
                                .states = aggregate->states};

    if (is_near(aggregate)) {
        uint32_t slot = windows_slot(&aggregate->windows, aggregate->present - hop);

        if (slot == WINDOWS_NONE)
            batch->selected = 0;
        else
            find_near_groups(aggregate, batch, slot);
    } else {
        find_far_groups(aggregate, batch, hop);
    }
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        if (aggregate->values[i].size > 0)
            aggregate->values[i].ops->update(&aggregate->values[i], &input);
}

/* Into each of the windows that they are in. A record counts as taken when one of them took it. */
static void take_in_hops(struct aggregate *aggregate, struct batch *batch)
{
    uint16_t selection[BATCH_MAX];
    bool taken[BATCH_MAX] = {false};
    uint32_t selected = batch->selected, n_taken = 0;

    memcpy(selection, batch->selection, selected * sizeof(*selection));
    for (uint32_t hop = 0; hop < aggregate->windows.hops; hop++) {
        memcpy(batch->selection, selection, selected * sizeof(*selection));
        batch->selected = selected;
        take_in(aggregate, batch, hop);
        for (uint32_t i = 0; i < batch->selected; i++) {
            n_taken += !taken[batch->selection[i]];
            taken[batch->selection[i]] = true;
        }
    }
    batch->failed = selected - n_taken;
}

void intake_process(struct handler *handler, struct batch *batch)
{
    struct aggregate *aggregate = (struct aggregate *)handler;
    uint32_t selected;

    batch->schema = aggregate->rows.schema;
    if (!aggregate->windows.begun)
        windows_tick(&aggregate->windows, batch->now);
    aggregate->windows.arrival = batch->now;
    if (aggregate->time)
        find_windows(aggregate, batch);
    else
        aggregate->present =
            windows_number(&aggregate->windows, windows_time(&aggregate->windows, batch->now));
    selected = batch->selected;
    if (selected == 0)
        return;
    if (aggregate->key)
        key_hash(aggregate->key, batch, aggregate->hashes);
    read_weights(aggregate, batch);
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        value_prepare(&aggregate->values[i], batch);
    if (aggregate->windows.hops > 1) {
        take_in_hops(aggregate, batch);
    } else {
        take_in(aggregate, batch, 0);
        batch->failed = selected - batch->selected;
    }
    batch->selected = 0;
    state_check_room(aggregate);
}
