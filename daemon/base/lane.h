// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Encoded events, from one consumer thread to one writer thread. A fixed set of chunks goes round;
 * none is allocated or freed meanwhile.
 *
 *      consumer thread                                   writer thread
 *      spare ──▶ open ──▶ full ══ handed (queue) ══════▶ taken, written
 *        ▲                                                 │
 *        └════════════════════════ returned (queue) ◀══════┘
 *
 * The consumer fills the open chunk while it handles a batch, and then, with at-most-once, commits
 * the batch before it hands chunks over: so no record is written and then read again after a kill.
 * With at-least-once it hands over first and commits what was acknowledged: see pipeline/commit.h.
 * `reserve` chunks always suffice for one batch: the consumer takes a batch only after
 * lane_make_room() said yes, and so never waits in the middle of one.
 *
 * When the writer is slow, the overflow policy says what gives:
 *
 *     block         no room: the consumer pauses the sources, and their rings fill
 *     drop newest   the lane refuses what comes until chunks are back
 *     drop oldest   the writer gets LANE_AHEAD chunks at most; the consumer keeps the others, and
 *                   drops the oldest of them when there is no room
 */

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/queue.h"
#include "base/waker.h"

enum {
    LANE_COPIES_ROOM = 8,     /* copies of a record that any lane can be made to take */
    CHUNK_BYTES = 256 * 1024, /* what a writer gets at once */
    EVENT_MAX = 64 * 1024,    /* the longest encoded event; a longer one is counted as failed */
    EVENT_LONG_MAX =
        256 * 1024,   /* the same of a lane for long ones: its chunks are longer by that */
    LANE_AHEAD = 2,   /* chunks with the writer from which on a begun one waits to be filled */
    LANE_CHUNKS = 32, /* at least, 8 MiB: what a kill -9 can lose on the way to one sink;
                         more where one record goes there several times: twice the reserve */
};

struct chunk {
    uint32_t used;   /* bytes */
    uint32_t events; /* whole ones; none spans two chunks */
    int64_t stamp;   /* when one of its events was submitted, ns monotonic; 0: not known */
    char bytes[];    /* lane.chunk_bytes */
};

enum lane_overflow { LANE_BLOCK, LANE_DROP_NEWEST, LANE_DROP_OLDEST };

struct lane {
    /* immutable after lane_init() */
    enum lane_overflow overflow;
    uint32_t event_max;   /* bytes of the longest event */
    uint32_t chunk_bytes; /* CHUNK_BYTES, where that is EVENT_MAX */
    char *chunks;
    uint32_t most_chunks; /* that there is room for, see lane_grow() */
    uint32_t batch;
    struct waker *writer;        /* rung when chunks were handed over */
    void (*on_room)(void *data); /* called by the writer thread when an awaited chunk is back */
    void *on_room_data;

    /* owned by the consumer thread */
    uint32_t n_chunks;
    uint32_t reserve;
    struct chunk **spare; /* a stack: the chunk used last is still in the cache */
    uint32_t n_spare;
    struct chunk **full; /* in order, not handed over yet */
    uint32_t n_full;
    struct chunk *open;
    uint64_t closed;    /* chunks that were filled so far */
    bool refuses;       /* drop newest: nothing goes in just now */
    counter forwarded;  /* events put in */
    counter overflowed; /* of them, those that the policy dropped */

    /* owned by the writer thread */
    alignas(CACHE_LINE) counter delivered; /* events the sink acknowledged */
    counter abandoned;                     /* events given up */
    _Atomic uint64_t acknowledged; /* chunks, from the first on without a gap: it stays where a
                             chunk was given up */
    bool broken;

    /* any thread */
    alignas(CACHE_LINE) atomic_bool awaited; /* the consumer wants to know of a chunk's return */
    struct queue handed;
    struct queue returned;
};

/* As lane_init_events(), for events of up to EVENT_MAX bytes. */
int lane_init(struct lane *lane, uint32_t batch, uint32_t copies, enum lane_overflow overflow,
              struct waker *writer, void (*on_room)(void *data), void *on_room_data);
/* event_max: bytes of the longest event. batch: the most views in one batch; copies: how many times
 * one record can be forwarded here. writer and on_room_data stay the caller's and must outlive the
 * lane. 0 or -ENOMEM. */
int lane_init_events(struct lane *lane, uint32_t event_max, uint32_t batch, uint32_t copies,
                     enum lane_overflow overflow, struct waker *writer, void (*on_room)(void *data),
                     void *on_room_data);
/* Frees the chunks; no thread may use the lane any more. */
void lane_deinit(struct lane *lane);

/* To how many copies it can grow. */
uint32_t lane_copies_max(const struct lane *lane);
/* Consumer thread, not within a batch: so many copies, or more, from now on; at most those. */
void lane_grow(struct lane *lane, uint32_t copies);

/* Consumer thread: takes back what the writer has returned and, if the lane may drop, drops as much
 * as a whole batch needs. True: there is room for a whole batch, or the lane refuses its events.
 * False: on_room is called once there may be room. */
bool lane_make_room(struct lane *lane);

/* Consumer thread: these events would have gone in, but the lane refuses them. */
void lane_refuse(struct lane *lane, uint32_t events);

/* Consumer thread: the free end of the open chunk; *ret_room is at least event_max after
 * lane_next_chunk(). Bytes written there count once lane_add() says so. */
char *lane_tail(struct lane *lane, uint32_t *ret_room);
/* Consumer thread: so many bytes, which are so many whole events, were written to lane_tail(). */
void lane_add(struct lane *lane, uint32_t bytes, uint32_t events);
/* Consumer thread, after lane_add(): an event in the open chunk was submitted at that time. The
 * first stamp of a chunk stays: it is that of its oldest event that was sampled. */
void lane_stamp(struct lane *lane, int64_t submitted);
/* Consumer thread: closes the open chunk, if there is anything in it. */
void lane_next_chunk(struct lane *lane);

enum lane_what {
    LANE_FULL,  /* full chunks */
    LANE_BEGUN, /* also the one being filled, unless the writer has enough to do */
    LANE_ALL,   /* whatever there is: nothing will follow */
};

/* Consumer thread: there are full chunks that were not handed over yet. */
static inline bool lane_has_full(const struct lane *lane)
{
    return lane->n_full > 0;
}
/* Consumer thread: gives chunks to the writer. What had to stay is asked for by on_room. */
void lane_hand_over(struct lane *lane, enum lane_what what);

/* Consumer thread: the number of the chunk with the last event that was put in, counted from 1; 0:
 * none was. For lanes that do not drop. */
uint64_t lane_mark(const struct lane *lane);
/* Any thread: that chunk and all before it were acknowledged by the sink. */
static inline bool lane_acknowledged(const struct lane *lane, uint64_t mark)
{
    return atomic_load_explicit(&lane->acknowledged, memory_order_acquire) >= mark;
}
/* Consumer thread: on_room is called when the next chunk comes back. Look at what is acknowledged
 * after this, not before. */
void lane_arm_wake(struct lane *lane);

/* Writer thread: the next chunk in order, or NULL; it must be given back. */
struct chunk *lane_take(struct lane *lane);
/* Writer thread: `delivered` of its events were acknowledged, the others are dropped. given_up: not
 * because of what they are, but because there is nobody to take them. */
void lane_give_back(struct lane *lane, struct chunk *chunk, uint32_t delivered, bool given_up);

/* Any thread: chunks that the writer has and has not given back yet. */
uint32_t lane_chunks_out(const struct lane *lane);

/* Any thread: events given up by the writer, or dropped because it was slow. */
uint64_t lane_dropped(const struct lane *lane);

/* Any thread: events forwarded and neither delivered nor dropped yet. */
uint64_t lane_in_flight(const struct lane *lane);
