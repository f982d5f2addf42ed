// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The internals of struct ringmill_reader, for the files of this folder:
 *
 *     reader.c  a set of rings, the lease, turns     next.c  the iterator
 *     wait.c    sleeping and being woken             copy.c  copying reads
 *
 * Lock order: copy_lock, then the lease. */

#include <pthread.h>
#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "ring/merge.h"
#include "ring/pace.h"
#include "ring/ring.h"

struct ringmill_reader {
    /* owned by the lease's thread */
    struct ringmill_ring **rings;
    uint32_t n_rings;
    uint32_t capacity;     /* of rings */
    uint32_t cursor;       /* the ring whose turn it is */
    uint32_t turn_records; /* left of its budget */
    uint64_t turn_bytes;
    struct ringmill_ring *current; /* of the iterator's last view; NULL: none is out */
    uint32_t n_views;              /* in the iterator's queue, which is `views` */
    uint32_t next_view;            /* of them: the next to be given out */
    uint64_t lag_nap;              /* ns to sleep at the most while commits are held back */
    struct pace pace;
    struct merge **merges; /* groups of rings that come in order */
    uint32_t n_merges;
    uint64_t paced_records;      /* of all rings when the reader last went to sleep */
    struct ringmill_view *views; /* options.batch of them */

    /* immutable after start */
    struct ringmill_reader_options options; /* with the defaults filled in */
    int epoll_fd;
    int wake_fd;

    /* any thread, atomic */
    _Atomic(const void *) owner; /* a thread's token; NULL: the lease is free */
    _Atomic uint64_t deadline;
    atomic_bool closed;
    atomic_bool flush;
    atomic_bool woken;
    _Atomic uint64_t wakeups;
    _Atomic uint64_t naps;

    pthread_mutex_t copy_lock; /* copying reads take turns */
};

/* 0, or -EBUSY: takes the lease unless this thread has it. */
int reader_own(struct ringmill_reader *reader);

/* Its address identifies the thread. */
extern _Thread_local __attribute__((tls_model("initial-exec"))) char reader_thread;

static inline bool reader_owned(const struct ringmill_reader *reader)
{
    return atomic_load_explicit(&reader->owner, memory_order_relaxed) == &reader_thread;
}

/* Like ringmill_reader_next_batch(), for at most `capacity` views. The caller has the lease and
 * takes care of the iterator. */
int reader_take(struct ringmill_reader *reader, uint32_t capacity,
                struct ringmill_batch *ret_batch);

/* Ends the batch of the iterator: publishes the finished views, and with `last` also the view that
 * is out. Views that were not given out go back to the ring. */
void reader_finish(struct ringmill_reader *reader, bool last);
