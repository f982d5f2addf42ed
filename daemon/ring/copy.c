// SPDX-License-Identifier: Apache-2.0
/* Copying reads, for callers on several threads: a lock makes them take turns, and each turn takes
 * the lease and gives it back. A caller that sleeps inside holds the lock; close, flush and
 * deadline wake it, and then the other callers see them too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring/reader.h"

/* A record that was taken, but not copied or committed yet. */
struct turn {
    bool had_lease;
    struct ringmill_batch batch; /* of one view */
};

static bool holds_back(const struct ringmill_reader *reader)
{
    for (uint32_t i = 0; i < reader->n_rings; i++)
        if (ring_lags(reader->rings[i]))
            return true;
    return false;
}

static int take_one(struct ringmill_reader *reader, struct ringmill_batch *ret_batch)
{
    int r;

    for (;;) {
        if (atomic_load_explicit(&reader->closed, memory_order_acquire))
            return RINGMILL_CLOSED;
        r = reader_take(reader, 1, ret_batch);
        if (r < 0)
            return r;
        if (r > 0)
            return RINGMILL_READY;
        r = ringmill_reader_wait(reader, RINGMILL_FOREVER);
        if (r != RINGMILL_READY)
            return r;
    }
}

static void turn_end(struct ringmill_reader *reader, const struct turn *turn)
{
    if (!turn->had_lease)
        ringmill_reader_release(reader);
    pthread_mutex_unlock(&reader->copy_lock);
}

/* Begins a turn. With RINGMILL_READY the caller must end it; with other results it has already
 * ended. */
static int turn_begin(struct ringmill_reader *reader, struct turn *turn)
{
    int r;

    pthread_mutex_lock(&reader->copy_lock);
    turn->had_lease = reader_owned(reader);
    r = reader_own(reader);
    if (r == 0 && turn->had_lease) {
        reader_finish(reader, true);
        r = holds_back(reader) ? -EBUSY : 0;
    }
    if (r < 0) {
        pthread_mutex_unlock(&reader->copy_lock);
        return r;
    }
    r = take_one(reader, &turn->batch);
    if (r != RINGMILL_READY)
        turn_end(reader, turn);
    return r;
}

static int grow(struct ringmill_record *record, uint32_t length)
{
    size_t capacity = length > 256 ? length : 256;
    void *data;

    if (record->data && record->capacity >= length)
        return 0;
    data = realloc(record->data, capacity);
    if (!data)
        return -ENOMEM;
    record->data = data;
    record->capacity = capacity;
    return 0;
}

int ringmill_reader_read(struct ringmill_reader *reader, struct ringmill_record *record)
{
    const struct ringmill_view *view;
    struct turn turn;
    int r;

    r = turn_begin(reader, &turn);
    if (r != RINGMILL_READY)
        return r;
    view = turn.batch.views;
    r = grow(record, view->length);
    if (r == 0) {
        memcpy(record->data, view->data, view->length);
        record->length = view->length;
        record->position = view->position;
        record->remaining = ringmill_ring_remaining(turn.batch.ring, view);
        record->user = turn.batch.user;
        ringmill_ring_commit(turn.batch.ring, turn.batch.end);
    } else {
        ringmill_ring_rewind(turn.batch.ring);
    }
    turn_end(reader, &turn);
    return r;
}

int ringmill_reader_read_into(struct ringmill_reader *reader, void *buffer, size_t capacity,
                              size_t *ret_length)
{
    const struct ringmill_view *view;
    struct turn turn;
    int r;

    r = turn_begin(reader, &turn);
    if (r != RINGMILL_READY)
        return r;
    view = turn.batch.views;
    *ret_length = view->length;
    if (view->length <= capacity) {
        if (view->length > 0) /* for an empty sample the buffer may be NULL */
            memcpy(buffer, view->data, view->length);
        ringmill_ring_commit(turn.batch.ring, turn.batch.end);
    } else {
        ringmill_ring_rewind(turn.batch.ring);
        r = -EMSGSIZE;
    }
    turn_end(reader, &turn);
    return r;
}
