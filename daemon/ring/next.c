// SPDX-License-Identifier: Apache-2.0
/* The iterator: hands out a batch one view at a time.
 *
 *     views   finished  finished  out   next   next
 *             published lazily ... ^unfinished
 *
 * The next call finishes the view that is out. Publication comes in strides of the ring, for each
 * store to the consumer position takes a cache line away from the producers. A walk that gives out
 * view by view was tried: it does more work per record than a queue of views that stay in L1. */
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
    bool queued = reader->next_view < reader->n_views;

    if (!ring)
        return;
    if (last)
        reader->unfinished = queued ? reader->views[reader->next_view].position : ring->given;
    ringmill_ring_commit(ring, reader->unfinished);
    if (queued) {
        ringmill_ring_rewind(ring);
        merge_reset(&reader->merge);
    }
    reader->current = NULL;
    reader->n_views = reader->next_view = 0;
}

static void finish_batch(struct ringmill_reader *reader)
{
    struct ringmill_ring *ring = reader->current;

    if (!ring)
        return;
    reader->unfinished = ring->given;
    if (ring->given - ring->committed >= publish_stride(ring))
        ringmill_ring_commit(ring, ring->given);
}

/* Fills the queue of views, waiting for some. */
static __attribute__((noinline)) int next_batch(struct ringmill_reader *reader)
{
    struct ringmill_batch batch;
    int r;

    if (atomic_load_explicit(&reader->closed, memory_order_acquire))
        return RINGMILL_CLOSED;
    r = reader_own(reader);
    if (r < 0)
        return r;
    finish_batch(reader);
    while ((r = reader_take(reader, reader->options.batch, &batch)) == 0) {
        r = ringmill_reader_wait(reader, RINGMILL_FOREVER);
        if (r != RINGMILL_READY)
            return r;
    }
    if (r < 0)
        return r;
    if (reader->current && reader->current != batch.ring)
        reader_finish(reader, true);
    reader->current = batch.ring;
    reader->n_views = batch.count;
    reader->next_view = 0;
    return RINGMILL_READY;
}

int ringmill_reader_next(struct ringmill_reader *reader, struct ringmill_view *ret_view)
{
    const struct ringmill_view *view;

    if (reader->next_view == reader->n_views || !reader_owned(reader) ||
        atomic_load_explicit(&reader->closed, memory_order_relaxed)) {
        int r = next_batch(reader);

        if (r != RINGMILL_READY)
            return r;
    }
    /* word by word, as the walk wrote it: one wide load of fresh narrow stores would stall */
    view = &reader->views[reader->next_view++];
    ret_view->data = view->data;
    ret_view->length = view->length;
    ret_view->reserved = 0;
    ret_view->position = view->position;
    reader->unfinished = view->position;
    return RINGMILL_READY;
}

struct ringmill_ring *ringmill_reader_ring(const struct ringmill_reader *reader)
{
    return reader->current;
}
