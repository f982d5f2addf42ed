// SPDX-License-Identifier: Apache-2.0
/* The iterator: one record at a time, straight from the walk, without the detour of a batch of
 * views. The next call finishes the last view; publication comes in strides of the ring. */
#include <errno.h>

#include "ring/reader.h"

#define PUBLISH_BYTES UINT64_C(65536) /* and at most a sixteenth of the ring */

static uint64_t publish_stride(const struct ringmill_ring *ring)
{
    uint64_t part = ring->map.size / 16;

    return part < PUBLISH_BYTES ? part : PUBLISH_BYTES;
}

void reader_finish(struct ringmill_reader *reader, bool last)
{
    struct ringmill_ring *ring = reader->current;

    if (!ring)
        return;
    ringmill_ring_commit(ring, last ? ring->given : reader->unfinished);
    reader->current = NULL;
}

int ringmill_reader_next(struct ringmill_reader *reader, struct ringmill_view *ret_view)
{
    uint32_t batch = reader->options.batch;
    struct ringmill_batch one;
    int r;

    for (;;) {
        if (atomic_load_explicit(&reader->closed, memory_order_relaxed))
            return RINGMILL_CLOSED;
        r = reader_own(reader);
        if (r < 0)
            return r;
        if (reader->current &&
            reader->current->given - reader->current->committed >= publish_stride(reader->current))
            reader_finish(reader, true);
        reader->options.batch = 1;
        r = ringmill_reader_next_batch(reader, &one);
        reader->options.batch = batch;
        if (r < 0)
            return r;
        if (r > 0)
            break;
        r = ringmill_reader_wait(reader, RINGMILL_FOREVER);
        if (r != RINGMILL_READY)
            return r;
    }
    if (reader->current != one.ring)
        reader_finish(reader, true);
    reader->current = one.ring;
    reader->unfinished = one.views[0].position;
    *ret_view = one.views[0];
    return RINGMILL_READY;
}

struct ringmill_ring *ringmill_reader_ring(const struct ringmill_reader *reader)
{
    return reader->current;
}
