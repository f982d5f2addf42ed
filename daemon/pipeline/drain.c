// SPDX-License-Identifier: Apache-2.0

/* A ring that somebody else goes on filling is never empty, so reading it to its end means: to the
 * position where it ended when the stop, or its removal by a reload, began. */

#include "pipeline/drain.h"

#include <ringmill/ring.h>

#include "pipeline/capture_notes.h"
#include "pipeline/loss_report.h"

/* Bytes before that position that nobody has looked at; what waits for acknowledgements is not
 * among them. A corrupt ring gives nothing any more. */
static uint64_t bytes_until(const struct ringmill_ring *ring, uint64_t end)
{
    uint64_t left = end - ringmill_ring_position(ring);

    return left > INT64_MAX || ringmill_ring_health(ring, NULL) < 0 ? 0 : left;
}

bool drain_is_behind(const struct input *input)
{
    if (input->stream->capture)
        return !capture_notes_ended(input);
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (bytes_until(input->rings[i]->handle, ringmill_ring_end(input->rings[i]->handle)) > 0)
            return true;
    return false;
}

void drain_begin(struct input *input)
{
    for (uint32_t i = 0; !input->ending && i < input->n_rings; i++)
        input->rings[i]->last = ringmill_ring_end(input->rings[i]->handle);
    input->ending = true;
}

bool drain_has_read(const struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (bytes_until(input->rings[i]->handle, input->rings[i]->last) > 0)
            return false;
    return true;
}

bool drain_is_over(const struct input *input)
{
    return drain_has_read(input) && !loss_report_is_posted(input);
}

uint64_t drain_count_unread(const struct input *input, uint64_t *bytes)
{
    uint64_t records = 0;

    for (uint32_t i = 0; input->ending && !input->kept_for_next && i < input->n_rings; i++) {
        const struct input_ring *ring = input->rings[i];
        uint64_t left = bytes_until(ring->handle, ring->last);

        *bytes += left;
        if (left > 0)
            records += ringmill_ring_count(ring->handle, ring->last);
    }
    return records;
}
