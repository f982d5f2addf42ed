// SPDX-License-Identifier: Apache-2.0
/* The iterator: hands out a batch one view at a time.
 *
 *     views   finished  finished  out  |  next  next
 *                                      next_view
 *
 * The next call finishes the view that is out. Positions are published in strides, because each
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
    const struct ringmill_view *views = reader->views;
    struct ringmill_ring *ring = reader->current;
    bool queued = reader->next_view < reader->n_views;
    uint64_t position;

    if (!ring)
        return;
    position = ring->given;
    if (last && queued)
        position = views[reader->next_view].position;
    if (!last && reader->next_view > 0)
        position = views[reader->next_view - 1].position;
    ringmill_ring_commit(ring, position);
    if (queued)
        ringmill_ring_rewind(ring);
    reader->current = NULL;
    reader->n_views = reader->next_view = 0;
}

/* All views of the batch are finished. */
static void finish_batch(struct ringmill_reader *reader)
{
    struct ringmill_ring *ring = reader->current;

    reader->n_views = reader->next_view = 0;
    if (ring && ring->given - ring->committed >= publish_stride(ring))
        ringmill_ring_commit(ring, ring->given);
}

/* Fills the queue of views, waiting for some. */
static int fill_queue(struct ringmill_reader *reader)
{
    struct ringmill_batch batch;
    int r;

    if (atomic_load_explicit(&reader->closed, memory_order_acquire)) {
        if (reader_owned(reader))
            reader_finish(reader, true);
        return RINGMILL_CLOSED;
    }
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

/* Copies word by word, as the walk wrote it: one wide load of recent narrow stores would stall. */
static inline void give(struct ringmill_reader *reader, struct ringmill_view *ret_view)
{
    const struct ringmill_view *view = &reader->views[reader->next_view++];

    ret_view->data = view->data;
    ret_view->length = view->length;
    ret_view->reserved = 0;
    ret_view->position = view->position;
}

/* noinline: keeps the stack frame of this slow path out of the fast path. */
static __attribute__((noinline)) int next_slowly(struct ringmill_reader *reader,
                                                 struct ringmill_view *ret_view)
{
    int r = fill_queue(reader);

    if (r == RINGMILL_READY)
        give(reader, ret_view);
    return r;
}

int ringmill_reader_next(struct ringmill_reader *reader, struct ringmill_view *ret_view)
{
    if (!reader_owned(reader) || reader->next_view == reader->n_views ||
        atomic_load_explicit(&reader->closed, memory_order_relaxed))
        return next_slowly(reader, ret_view);
    give(reader, ret_view);
    return RINGMILL_READY;
}

struct ringmill_ring *ringmill_reader_ring(const struct ringmill_reader *reader)
{
    return reader->current;
}
