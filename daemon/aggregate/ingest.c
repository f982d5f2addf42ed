// SPDX-License-Identifier: Apache-2.0

/* A batch goes through in loops, not record by record: all hashes, then all slots fetched ahead,
 * then all groups, then one loop for each value. So the cache misses of 32 records overlap, where
 * a table that is asked record by record waits for each of them in turn.
 *
 * By a field, the batch is cut before each record that ends a window: up to there it is the same
 * windows that take records, and then those that ended are closed. Mostly there is no cut. */

#include "aggregate/state.h"

#include <string.h>

/* What a core's own cache holds beside all else. */
enum { NEAR_BYTES = 256 * 1024 };

static void read_weights(struct aggregate *aggregate, const struct batch *batch)
{
    for (uint32_t i = 0; aggregate->weight && i < batch->selected; i++) {
        uint32_t index = batch->selection[i];

        aggregate->weights[index] = batch_present(batch, aggregate->weight, index)
                                        ? batch_integer(batch, aggregate->weight, index)
                                        : 1;
    }
}

/* Drops from the selection what finds no window. number: where all are in one. */
static void prepare_pane(struct aggregate *aggregate, struct batch *batch, int64_t number)
{
    uint32_t kept = 0, slot = WINDOWS_NONE;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        int64_t own = aggregate->together ? number : aggregate->numbers[index];
        uint64_t hash;

        if (i == 0 || own != number) {
            number = own;
            slot = windows_slot(&aggregate->windows, number);
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

        sessions_part(&aggregate->sessions, &aggregate->windows.slots[slot].pane, slot, index, hash,
                      time, aggregate->time ? aggregate->bounds[index] : time);
        group =
            groups_get(&aggregate->groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        sessions_extend(&aggregate->sessions, group, time);
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

/* Finds the group of each record where windows are the same for all groups. Nearly all guesses are
 * right. */
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
 * in one window, whose slot is given. step: of the packed keys, 0 without; a constant where it is
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
                                 packed_key_equal(&table.packed, step, index, groups_key(group))
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
    switch (aggregate->groups.table.packed.step) {
    case 2:
        return near_loop(aggregate, batch, slot, 2);
    case 3:
        return near_loop(aggregate, batch, slot, 3);
    default:
        return near_loop(aggregate, batch, slot, 0);
    }
}

static void find_far_groups(struct aggregate *aggregate, struct batch *batch, int64_t number)
{
    prepare_pane(aggregate, batch, number);
    groups_begin(&aggregate->groups);
    if (window_is_session(&aggregate->windows.spec))
        find_sessions(aggregate, batch);
    else
        find_groups(aggregate, batch);
}

static bool is_near(const struct aggregate *aggregate)
{
    return aggregate->together && !window_is_session(&aggregate->windows.spec) &&
           counter_get(&aggregate->groups.used) * aggregate->groups.table.place_size < NEAR_BYTES;
}

/* number: of the window, where all are in one. */
static void take_in(struct aggregate *aggregate, struct batch *batch, int64_t number)
{
    struct value_input input = {.batch = batch,
                                .weights = aggregate->weight ? aggregate->weights : NULL,
                                .states = aggregate->states};

    if (is_near(aggregate)) {
        uint32_t slot = windows_slot(&aggregate->windows, number);

        if (slot == WINDOWS_NONE)
            batch->selected = 0;
        else
            find_near_groups(aggregate, batch, slot);
    } else {
        find_far_groups(aggregate, batch, number);
    }
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        if (aggregate->values[i].size > 0)
            aggregate->values[i].ops->update(&aggregate->values[i], &input);
}

/* Those of the records that are in the window of that number. */
static uint32_t select_hop(const struct aggregate *aggregate, const uint16_t *selection,
                           uint32_t selected, int64_t number, uint16_t *ret_selection)
{
    uint32_t kept = 0;

    if (aggregate->lowest == aggregate->present) {
        memcpy(ret_selection, selection, selected * sizeof(*selection));
        return selected;
    }
    for (uint32_t i = 0; i < selected; i++)
        if ((uint64_t)aggregate->numbers[selection[i]] - (uint64_t)number < aggregate->windows.hops)
            ret_selection[kept++] = selection[i];
    return kept;
}

/* Window by window, so that each gets its records in the order of the ring. A record counts as
 * taken when one of them took it. */
static void take_in_hops(struct aggregate *aggregate, struct batch *batch)
{
    uint16_t selection[BATCH_MAX];
    bool taken[BATCH_MAX] = {false};
    uint32_t selected = batch->selected, n_taken = 0;
    int64_t first = aggregate->lowest - (int64_t)aggregate->windows.hops + 1;

    first = first > aggregate->oldest ? first : aggregate->oldest;
    memcpy(selection, batch->selection, selected * sizeof(*selection));
    aggregate->together = true;
    for (int64_t number = aggregate->present; number >= first; number--) {
        batch->selected = select_hop(aggregate, selection, selected, number, batch->selection);
        if (batch->selected > 0)
            take_in(aggregate, batch, number);
        for (uint32_t i = 0; i < batch->selected; i++) {
            n_taken += !taken[batch->selection[i]];
            taken[batch->selection[i]] = true;
        }
    }
    batch->failed += selected - n_taken;
}

static void take_in_all(struct aggregate *aggregate, struct batch *batch)
{
    uint32_t selected = batch->selected;

    if (aggregate->windows.hops > 1) {
        take_in_hops(aggregate, batch);
        return;
    }
    take_in(aggregate, batch, aggregate->present);
    batch->failed += selected - batch->selected;
}

/* Where the part ends whose records all have the same bound. */
static uint32_t find_part(struct aggregate *aggregate, const uint16_t *selection, uint32_t from,
                          uint32_t selected)
{
    int64_t lowest = aggregate->numbers[selection[from]], highest = lowest;
    int64_t oldest = aggregate->bounds[selection[from]];
    uint32_t to = from + 1;

    for (; to < selected && aggregate->bounds[selection[to]] == oldest; to++) {
        int64_t number = aggregate->numbers[selection[to]];

        lowest = number < lowest ? number : lowest;
        highest = number > highest ? number : highest;
    }
    aggregate->oldest = oldest;
    aggregate->lowest = lowest;
    aggregate->present = highest;
    aggregate->together = lowest == highest;
    return to;
}

/* By a field: part by part; before each, what has ended by then is closed. */
static void take_in_parts(struct aggregate *aggregate, struct batch *batch)
{
    uint16_t selection[BATCH_MAX];
    uint32_t selected = batch->selected, from = 0, to;

    memcpy(selection, batch->selection, selected * sizeof(*selection));
    for (; from < selected; from = to) {
        to = find_part(aggregate, selection, from, selected);
        windows_end(&aggregate->windows, aggregate->oldest);
        batch->selected = to - from;
        memcpy(batch->selection, &selection[from], batch->selected * sizeof(*selection));
        take_in_all(aggregate, batch);
    }
}

/* ---- batches --------------------------------------------------------------------------------- */

static void place(struct aggregate *aggregate, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;

    if (!windows->begun)
        windows_tick(windows, batch->now);
    windows->arrival = batch->now;
    aggregate->together = true;
    aggregate->oldest = INT64_MIN;
    if (aggregate->time)
        times_find(aggregate, batch);
    else
        aggregate->present = aggregate->lowest =
            windows_number(windows, windows_time(windows, batch->now));
    aggregate->sessions.era = windows->era;
    aggregate->sessions.offsets[(uint8_t)windows->era] = windows_offset(windows);
}

void ingest_process(struct handler *handler, struct batch *batch)
{
    struct aggregate *aggregate = (struct aggregate *)handler;

    batch->schema = aggregate->rows.schema;
    place(aggregate, batch);
    if (batch->selected == 0)
        return;
    if (aggregate->key)
        key_hash(aggregate->key, batch, aggregate->hashes);
    read_weights(aggregate, batch);
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        value_prepare(&aggregate->values[i], batch);
    if (aggregate->time && !window_is_session(&aggregate->windows.spec))
        take_in_parts(aggregate, batch);
    else
        take_in_all(aggregate, batch);
    batch->selected = 0;
    state_update_waits(aggregate);
}
