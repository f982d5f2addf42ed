// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One sink's writer thread: takes chunks from its lanes in order, writes them, gives them back.
 *
 *     lanes ═▶ taken ──sink write()──▶ accepted: delivered, chunk goes back
 *                          ├ refused: the same, but some events are counted as dropped
 *                          ├ waiting: try again after a pause (the lane fills: flow control)
 *                          └ gone, or writer_give_up(): dropped, and so is all that follows
 *
 * Every event that enters a lane leaves it as delivered or dropped. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/lane.h"
#include "base/log.h"
#include "base/note.h"
#include "base/waker.h"
#include "sink/sink.h"

enum {
    WRITER_RETRY_MS =
        100, /* pause after a failed write; where the sink says so, it doubles each time,
                up to the sink's own bound, less a random part of at most a half */
    WRITER_COMPLAINTS = 3, /* lines in the log about failed writes within WRITER_COMPLAINTS_S */
    WRITER_COMPLAINTS_S = 60,
    WRITER_HELD_MS = 10,   /* between checks whether the sink is still held */
    WRITER_LAST_MS = 1000, /* after writer_give_up(), for a sink that goes on taking something */
};

struct writer {
    /* immutable after writer_start() */
    const char *name;
    struct sink *sink;
    enum framing framing;
    struct lane *lanes;
    uint32_t n_lanes;
    void (*on_gone)(void *data); /* called once by the writer thread when the peer is gone */
    void *on_gone_data;
    pthread_t thread;
    struct waker waker; /* rung for handed-over chunks and for stop requests */

    /* owned by the writer thread, any thread reads */
    counter bytes;                  /* accepted by the sink */
    counter chunks;                 /* wholly accepted */
    counter errors;                 /* writes that gave SINK_WAITING */
    _Atomic int64_t retrying_since; /* ns, monotonic; 0: the last write was fine, or would be */
    atomic_bool in_sink;            /* held, or in write() or tend() of the sink: may take long */
    struct note last_error;
    struct histogram ack_latency; /* from submit to the chunk's acknowledgement, of stamped ones */

    /* owned by the writer thread */
    struct log_limit complaints;
    struct log_limit refusals; /* of refused events */
    bool complained;           /* the current failure was logged */
    uint32_t retry_ms;         /* the next pause; 0: no current failure */
    uint32_t random;           /* xorshift's state */

    /* any thread */
    atomic_bool held;            /* another sink of this kind has to be closed first */
    atomic_bool finish;          /* end once the lanes are empty */
    _Atomic int64_t given_up_at; /* ns, monotonic; 0: writer_give_up() was not called */
    atomic_bool gone;            /* nothing can be delivered any more */
};

/* Starts the thread. 0 or -errno. lanes, sink and name stay the caller's and must outlive
 * writer_join(). */
int writer_start(struct writer *writer);

/* Main thread: ends the thread once it has written the chunks handed over; none will follow. */
void writer_finish(struct writer *writer);

/* Main thread: calls reopen() of the sink and wakes the thread. */
void writer_reopen(struct writer *writer);

/* Main thread: makes the thread drop what cannot be written at once, also out of a write that
 * blocks, and after WRITER_LAST_MS whatever is left. Repeat it until writer_join() returns true. */
void writer_give_up(struct writer *writer);
/* Any thread: whether writer_give_up() was called. */
static inline bool writer_gave_up(const struct writer *writer)
{
    return atomic_load(&writer->given_up_at) != 0;
}

/* Main thread: true when the thread has ended within the time. */
bool writer_join(struct writer *writer, uint64_t timeout_ns);
