// SPDX-License-Identifier: Apache-2.0

/* Marks instead of a list of chunks for each batch: lanes keep order, so one number says it all. A
 * batch that was filtered whole has marks, too, those of what came before it: else its position
 * would overtake that of events which are still under way. */

#include "pipeline/commit_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/lane.h"

struct commit_queue {
    struct lane **lanes;
    uint32_t n_lanes;
    uint32_t n_active;
    uint32_t first;
    uint32_t count;
    uint64_t positions[COMMIT_QUEUE_MAX];
    uint64_t marks[]; /* n_lanes for each entry */
};

struct commit_queue *commit_queue_new(struct lane *const *lanes, uint32_t n_lanes,
                                      uint32_t n_active)
{
    struct commit_queue *queue =
        calloc(1, sizeof(*queue) + COMMIT_QUEUE_MAX * n_lanes * sizeof(uint64_t));

    if (!queue)
        return NULL;
    queue->n_lanes = n_lanes;
    queue->n_active = n_active;
    queue->lanes = calloc(n_lanes + 1, sizeof(struct lane *));
    if (!queue->lanes) {
        free(queue);
        return NULL;
    }
    memcpy(queue->lanes, lanes, n_lanes * sizeof(struct lane *));
    return queue;
}

void commit_queue_free(struct commit_queue *queue)
{
    if (!queue)
        return;
    free(queue->lanes);
    free(queue);
}

static uint32_t entry(const struct commit_queue *queue, uint32_t index)
{
    return (queue->first + index) % COMMIT_QUEUE_MAX;
}

static uint64_t *marks_of(struct commit_queue *queue, uint32_t index)
{
    return queue->marks + (size_t)entry(queue, index) * queue->n_lanes;
}

static bool marks_are_those_of(struct commit_queue *queue, uint32_t index)
{
    const uint64_t *marks = marks_of(queue, index);

    for (uint32_t i = 0; i < queue->n_active; i++)
        if (marks[i] != lane_mark(queue->lanes[i]))
            return false;
    return true;
}

/* Chunk 0 was acknowledged before there was any. */
static uint64_t mark_of(const struct commit_queue *queue, uint32_t index, const struct lane *lane)
{
    const uint64_t *marks = queue->marks + (size_t)entry(queue, index) * queue->n_lanes;

    for (uint32_t i = 0; i < queue->n_lanes; i++)
        if (queue->lanes[i] == lane)
            return marks[i];
    return 0;
}

void commit_queue_copy(struct commit_queue *queue, const struct commit_queue *other)
{
    for (uint32_t i = 0; i < other->count; i++) {
        queue->positions[i] = other->positions[entry(other, i)];
        for (uint32_t j = 0; j < queue->n_lanes; j++)
            marks_of(queue, i)[j] = mark_of(other, i, queue->lanes[j]);
    }
    queue->count = other->count;
}

/* Entries are taken in order, so in a lane that gets nothing any more a new one waits for nothing.
 */
static void append(struct commit_queue *queue)
{
    uint64_t *marks = marks_of(queue, queue->count++);

    memset(marks + queue->n_active, 0, (queue->n_lanes - queue->n_active) * sizeof(*marks));
}

void commit_queue_add(struct commit_queue *queue, uint64_t position)
{
    uint64_t *marks;

    if (queue->count == 0 ||
        (queue->count < COMMIT_QUEUE_MAX && !marks_are_those_of(queue, queue->count - 1)))
        append(queue);
    queue->positions[entry(queue, queue->count - 1)] = position;
    marks = marks_of(queue, queue->count - 1);
    for (uint32_t i = 0; i < queue->n_active; i++)
        marks[i] = lane_mark(queue->lanes[i]);
}

static bool first_is_acknowledged(struct commit_queue *queue)
{
    const uint64_t *marks = marks_of(queue, 0);

    for (uint32_t i = 0; i < queue->n_lanes; i++)
        if (!lane_acknowledged(queue->lanes[i], marks[i]))
            return false;
    return true;
}

bool commit_queue_take(struct commit_queue *queue, uint64_t *ret_position)
{
    bool any = false;

    while (queue->count > 0 && first_is_acknowledged(queue)) {
        *ret_position = queue->positions[queue->first];
        queue->first = entry(queue, 1);
        queue->count--;
        any = true;
    }
    return any;
}

bool commit_queue_is_waiting(const struct commit_queue *queue)
{
    return queue->count > 0;
}

struct lane *const *commit_queue_lanes(const struct commit_queue *queue, uint32_t *ret_n_lanes)
{
    *ret_n_lanes = queue->n_lanes;
    return queue->lanes;
}

bool commit_queue_arm_wake(struct commit_queue *queue)
{
    for (uint32_t i = 0; i < queue->n_lanes; i++)
        lane_arm_wake(queue->lanes[i]);
    return queue->count == 0 || !first_is_acknowledged(queue);
}
