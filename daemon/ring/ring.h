// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The internals of struct ringmill_ring, for the files of this folder.
 *
 *     committed <= given <= walk.position <= walk.limit <= producer      (modulo 2^64)
 *
 * given is the end of the last view that was given out; between it and walk.position there are only
 * discarded records. So when everything given out is committed, walk.position may be published. */

#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "ring/lock.h"
#include "ring/map.h"
#include "ring/perf_walk.h"
#include "ring/walk.h"

struct merge;

/* Written by the lease's thread, read by any. */
struct ring_counters {
    _Atomic uint64_t records;
    _Atomic uint64_t bytes;
    _Atomic uint64_t discards;
    _Atomic uint64_t wakeups;
    _Atomic uint64_t naps;
    _Atomic uint64_t publishes;
    _Atomic uint64_t high_water;
    _Atomic uint64_t busy_since;
};

struct ringmill_ring {
    /* owned by the lease's thread */
    struct walk walk;
    uint64_t committed;
    uint64_t given;
    uint64_t discards; /* how many of walk.discards the counters already include */
    uint64_t lost;     /* and of walk.lost */
    uint64_t counted;  /* records before this position are in the counters */
    bool recount;      /* the walk is repeating records that were counted before a rewind */
    bool unfenced;     /* something was published since the last full fence */
    uint64_t paced;    /* the position when its reader last went to sleep */
    bool paused;
    struct merge *merge;            /* the group that it is in; NULL: none */
    bool merging;                   /* whether it is in the heap of that group */
    uint64_t merge_key;             /* the last timestamp that was seen */
    bool corrupt_told;              /* next_batch has returned this ring's -EBADMSG */
    bool blocked_told;              /* wait has returned this head's RINGMILL_BLOCKED */
    struct ringmill_reader *reader; /* NULL: in none */
    void *user;

    /* immutable after open */
    struct map map;
    struct lock lock;
    struct perf_walk *perf;      /* owned; of a perf ring; NULL: the layout is that of BPF rings */
    _Atomic uint64_t *perf_lost; /* see perf.h */
    uint32_t flags;
    uint64_t recheck; /* ns; RINGMILL_OFF */

    /* for observers only: what ringmill_ring_observe() remembers between looks */
    uint64_t walked;     /* bytes */
    uint64_t missed;     /* bytes */
    uint64_t head;       /* position of the busy head that was seen */
    uint64_t head_since; /* since when it is busy; 0: not busy */

    /* any thread, atomic */
    struct ring_counters counters;
    _Atomic uint64_t
        corrupt_at; /* position of what is corrupt, plus 1 (it is a multiple of 8); 0 */
    /* the consumer position that another process wrote; 0: none, or that value. Final when
     * corrupt_at is set */
    _Atomic uint64_t foreign_position;
    atomic_bool foreign;
};

enum ring_state {
    RING_EMPTY,
    RING_BUSY,     /* the next record is still being written */
    RING_READABLE, /* a record, or a discarded one, can be taken */
    RING_CORRUPT,
};

/* What CLOCK_MONOTONIC is ahead of the kernel's, in a time namespace. Set before any ring is
 * opened.
 */
extern int64_t ring_clock_shift;

/* By the kernel's CLOCK_MONOTONIC, as records have it. */
static inline uint64_t ring_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - (uint64_t)ring_clock_shift;
}

/* A counter with a single writer needs no locked instruction. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* A ring over mapped memory, without a lock; takes over map on success (and leaves it empty). For
 * ringmill_ring_open() and for rings that are not BPF maps. */
int ring_new(struct map *map, const struct ringmill_ring_options *options,
             struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* Limits reading to the position in this word, which may grow and never passes the producer
 * position. Call it before the ring is read, or with the position where the ring ends at that
 * moment. The word remains the caller's and outlives the ring. A
 * position that was committed already is raised to the committed one. */
void ring_read_until(struct ringmill_ring *ring, _Atomic uint64_t *until);

/* What the next take would find. Publishes nothing; fences if that is due, so that after RING_EMPTY
 * or RING_BUSY, with no commits held back, the kernel sends a wake-up for the next commit. */
enum ring_state ring_look(struct ringmill_ring *ring);

/* As ringmill_ring_take(), right after ring_look() has found the ring readable. */
int ring_take_seen(struct ringmill_ring *ring, struct ringmill_view *ret_views, uint32_t capacity);

/* Publishes discarded records unless a view before them is not committed yet. */
void ring_skip_discards(struct ringmill_ring *ring);

/* Counts what was walked since the last call, unless it was counted before a rewind. Call it after
 * each walk: what was not counted would be taken for a rewind. */
static inline void ring_count(struct ringmill_ring *ring, uint64_t records, uint64_t bytes)
{
    uint64_t discards = ring->walk.discards - ring->discards;
    uint64_t lost = ring->walk.lost - ring->lost;

    ring->discards = ring->walk.discards;
    ring->lost = ring->walk.lost;
    if (ring->recount)
        return;
    counter_add(&ring->counters.records, records);
    counter_add(&ring->counters.bytes, bytes);
    /* in captures and perf rings, no program wrote what is skipped */
    if (discards && !ring->map.linear && !ring->perf)
        counter_add(&ring->counters.discards, discards);
    if (lost && ring->perf_lost)
        counter_add(ring->perf_lost, lost);
    ring->counted = ring->walk.position;
}

/* walk_step() in the ring's own layout, for a copy of its walk, too. */
static inline enum walk_result ring_step(struct ringmill_ring *ring, struct walk *walk,
                                         struct ringmill_view *ret_view)
{
    return ring->perf ? perf_step(ring->perf, walk, ret_view) : walk_step(walk, ret_view);
}

/* The position right after the record of a view. */
static inline uint64_t ring_view_end(const struct ringmill_ring *ring,
                                     const struct ringmill_view *view)
{
    return ring->perf ? perf_end(&ring->walk, view->position) : ringmill_view_end(view);
}

/* Whether some records were given out and not committed: then the kernel sends no wake-ups. */
static inline bool ring_lags(const struct ringmill_ring *ring)
{
    return ring->committed != ring->walk.position;
}
