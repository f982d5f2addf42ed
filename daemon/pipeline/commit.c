// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit.h"

#include <errno.h>
#include <ringmill/ring.h>

#include "pipeline/commit_queue.h"
#include "pipeline/consumer.h"

/* ---- may it be read on? ---------------------------------------------------------------------- */

bool commit_is_over_limit(const struct input_ring *ring)
{
    if (!ring->input->at_least_once)
        return ring->commits && commit_queue_is_waiting(ring->commits);
    return ringmill_ring_position(ring->handle) - ringmill_ring_committed(ring->handle) >
           ring->unacked_max;
}

bool commit_input_is_over_limit(const struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (commit_is_over_limit(input->rings[i]))
            return true;
    return false;
}

/* ---- may it be published? -------------------------------------------------------------------- */

static void commit_what_is_acknowledged(struct input_ring *ring)
{
    uint64_t position;

    if (ring->commits && commit_queue_take(ring->commits, &position))
        ringmill_ring_commit(ring->handle, position);
}

void commit_acknowledged(struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        commit_what_is_acknowledged(input->rings[i]);
}

void commit_input(struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++) {
        struct input_ring *ring = input->rings[i];

        commit_what_is_acknowledged(ring);
        if (!ring->commits || !commit_queue_is_waiting(ring->commits))
            ringmill_ring_commit_all(ring->handle);
    }
    input->uncommitted = 0;
}

/* What a ring at at-most-once still holds is of an earlier config, and it is not read on before
 * that is published. */
bool commit_batch(struct input_ring *ring, const struct ringmill_batch *taken)
{
    struct input *input = ring->input;

    if (input->at_least_once) {
        commit_queue_add(ring->commits, taken->end);
        commit_what_is_acknowledged(ring);
        return true;
    }
    if (!input->stream->ordered) {
        ringmill_ring_commit(taken->ring, taken->end);
        return true;
    }
    input->uncommitted += taken->count;
    if (input->uncommitted < CONSUMER_BATCH)
        return false;
    commit_input(input);
    return true;
}

bool commit_arm_wake(struct input_ring *ring)
{
    return !ring->commits || !commit_queue_is_waiting(ring->commits) ||
           commit_queue_arm_wake(ring->commits);
}

/* ---- what a ring waits for ------------------------------------------------------------------- */

void commit_set_limit(struct input_ring *ring)
{
    const struct unacked_limit *limit = &ring->input->max_unacked;
    uint64_t part = ringmill_ring_size(ring->handle) / 100 * limit->percent;

    ring->unacked_max = !ring->input->at_least_once ? UINT64_MAX
                        : part < limit->bytes       ? part
                                                    : limit->bytes;
}

static void add_lane(struct lane **lanes, uint32_t *n_lanes, struct lane *lane)
{
    for (uint32_t i = 0; i < *n_lanes; i++)
        if (lanes[i] == lane)
            return;
    lanes[(*n_lanes)++] = lane;
}

static bool has_ended(const struct graph *ended, const struct lane *lane)
{
    for (uint32_t i = 0; ended && i < ended->n_sinks; i++)
        if (&ended->sinks[i]->lane == lane)
            return graph_is_own(&ended->sinks[i]->share);
    return false;
}

/* Those that have something of the ring, whatever its input's delivery is by now. */
static void add_former(struct lane **lanes, uint32_t *n_lanes, const struct commit_queue *queue,
                       const struct graph *ended)
{
    uint32_t n_former;
    struct lane *const *former = commit_queue_lanes(queue, &n_former);

    for (uint32_t i = 0; i < n_former; i++)
        if (!has_ended(ended, former[i]))
            add_lane(lanes, n_lanes, former[i]);
}

int commit_new_queue(const struct input_ring *ring, const struct input *input,
                     const struct graph *ended, struct commit_queue **ret_queue)
{
    struct lane *lanes[2 * GRAPH_SINKS_MAX];
    uint32_t n_lanes = 0, n_active;
    bool waits = ring->commits && commit_queue_is_waiting(ring->commits);

    *ret_queue = NULL;
    for (uint32_t i = 0; input->at_least_once && i < input->n_acknowledgers; i++)
        add_lane(lanes, &n_lanes, &input->acknowledgers[i]->lane);
    n_active = n_lanes;
    if (waits)
        add_former(lanes, &n_lanes, ring->commits, ended);
    if (!input->at_least_once && !waits)
        return 0;
    *ret_queue = commit_queue_new(lanes, n_lanes, n_active);
    if (!*ret_queue)
        return -ENOMEM;
    if (ring->commits)
        commit_queue_copy(*ret_queue, ring->commits);
    return 0;
}
