// SPDX-License-Identifier: Apache-2.0

/* Marks instead of a list of chunks for each batch: lanes keep order, so one number says it all. A
 * batch that was filtered whole has marks, too, those of what came before it: else its position
 * would overtake that of events which are still under way. */

#include "pipeline/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/lane.h"

struct held {
    struct lane **lanes;
    uint32_t n_lanes;
    uint32_t n_active;
    uint32_t first;
    uint32_t count;
    uint64_t positions[HELD_MAX];
    uint64_t marks[]; /* n_lanes for each entry */
};

struct held *held_new(struct lane *const *lanes, uint32_t n_lanes, uint32_t n_active)
{
    struct held *held = calloc(1, sizeof(*held) + HELD_MAX * n_lanes * sizeof(uint64_t));

    if (!held)
        return NULL;
    held->n_lanes = n_lanes;
    held->n_active = n_active;
    held->lanes = calloc(n_lanes + 1, sizeof(struct lane *));
    if (!held->lanes) {
        free(held);
        return NULL;
    }
    memcpy(held->lanes, lanes, n_lanes * sizeof(struct lane *));
    return held;
}

void held_free(struct held *held)
{
    if (!held)
        return;
    free(held->lanes);
    free(held);
}

static uint32_t entry(const struct held *held, uint32_t index)
{
    return (held->first + index) % HELD_MAX;
}

static uint64_t *marks_of(struct held *held, uint32_t index)
{
    return held->marks + (size_t)entry(held, index) * held->n_lanes;
}

static bool marks_are_those_of(struct held *held, uint32_t index)
{
    const uint64_t *marks = marks_of(held, index);

    for (uint32_t i = 0; i < held->n_active; i++)
        if (marks[i] != lane_mark(held->lanes[i]))
            return false;
    return true;
}

/* Chunk 0 was acknowledged before there was any. */
static uint64_t mark_of(const struct held *held, uint32_t index, const struct lane *lane)
{
    const uint64_t *marks = held->marks + (size_t)entry(held, index) * held->n_lanes;

    for (uint32_t i = 0; i < held->n_lanes; i++)
        if (held->lanes[i] == lane)
            return marks[i];
    return 0;
}

void held_copy(struct held *held, const struct held *other)
{
    for (uint32_t i = 0; i < other->count; i++) {
        held->positions[i] = other->positions[entry(other, i)];
        for (uint32_t j = 0; j < held->n_lanes; j++)
            marks_of(held, i)[j] = mark_of(other, i, held->lanes[j]);
    }
    held->count = other->count;
}

/* Entries are taken in order, so in a lane that gets nothing any more a new one waits for nothing.
 */
static void append(struct held *held)
{
    uint64_t *marks = marks_of(held, held->count++);

    memset(marks + held->n_active, 0, (held->n_lanes - held->n_active) * sizeof(*marks));
}

void held_add(struct held *held, uint64_t position)
{
    uint64_t *marks;

    if (held->count == 0 || (held->count < HELD_MAX && !marks_are_those_of(held, held->count - 1)))
        append(held);
    held->positions[entry(held, held->count - 1)] = position;
    marks = marks_of(held, held->count - 1);
    for (uint32_t i = 0; i < held->n_active; i++)
        marks[i] = lane_mark(held->lanes[i]);
}

static bool first_is_acknowledged(struct held *held)
{
    const uint64_t *marks = marks_of(held, 0);

    for (uint32_t i = 0; i < held->n_lanes; i++)
        if (!lane_acknowledged(held->lanes[i], marks[i]))
            return false;
    return true;
}

bool held_take(struct held *held, uint64_t *ret_position)
{
    bool any = false;

    while (held->count > 0 && first_is_acknowledged(held)) {
        *ret_position = held->positions[held->first];
        held->first = entry(held, 1);
        held->count--;
        any = true;
    }
    return any;
}

bool held_waits(const struct held *held)
{
    return held->count > 0;
}

struct lane *const *held_lanes(const struct held *held, uint32_t *ret_n_lanes)
{
    *ret_n_lanes = held->n_lanes;
    return held->lanes;
}

bool held_await(struct held *held)
{
    for (uint32_t i = 0; i < held->n_lanes; i++)
        lane_await(held->lanes[i]);
    return held->count == 0 || !first_is_acknowledged(held);
}
