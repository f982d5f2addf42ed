// SPDX-License-Identifier: Apache-2.0

/* Why chunks and not events: a queue operation, a cache miss and perhaps a wake-up per event would
 * cost more than encoding it. Why a fixed set: it is the flow control. When all chunks are with a
 * slow writer, the consumer stops taking batches, the ring fills, and the loss is counted where it
 * happens. */

#include "base/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A chunk may stay partly empty because the next event did not fit, so only this much is sure. */
enum { CHUNK_SURE = CHUNK_BYTES - EVENT_MAX };

/* Chunks that any batch fits into. */
static uint32_t reserve_for(const struct lane *lane, uint32_t copies)
{
    uint64_t worst = (uint64_t)lane->batch * copies * lane->event_max;

    return (uint32_t)((worst + CHUNK_SURE - 1) / CHUNK_SURE) + 1;
}

static uint32_t chunks_for(uint32_t reserve)
{
    return reserve * 2 > LANE_CHUNKS ? reserve * 2 : LANE_CHUNKS;
}

static size_t chunk_size(const struct lane *lane)
{
    return sizeof(struct chunk) + lane->chunk_bytes;
}

static void add_chunks(struct lane *lane, uint32_t n_chunks)
{
    /* the first one on top: lower ones have been touched */
    for (uint32_t i = n_chunks; i > lane->n_chunks; i--)
        lane->spare[lane->n_spare++] = (struct chunk *)(lane->chunks + (i - 1) * chunk_size(lane));
    lane->n_chunks = n_chunks;
}

int lane_init(struct lane *lane, uint32_t batch, uint32_t copies, enum lane_overflow overflow,
              struct waker *writer, void (*on_room)(void *data), void *on_room_data)
{
    return lane_init_events(lane, EVENT_MAX, batch, copies, overflow, writer, on_room,
                            on_room_data);
}

int lane_init_events(struct lane *lane, uint32_t event_max, uint32_t batch, uint32_t copies,
                     enum lane_overflow overflow, struct waker *writer, void (*on_room)(void *data),
                     void *on_room_data)
{
    uint32_t room = copies > LANE_COPIES_ROOM ? copies : LANE_COPIES_ROOM;

    memset(lane, 0, sizeof(*lane));
    lane->overflow = overflow;
    lane->event_max = event_max;
    lane->chunk_bytes = CHUNK_SURE + event_max;
    lane->batch = batch;
    lane->reserve = reserve_for(lane, copies);
    lane->most_chunks = chunks_for(reserve_for(lane, room));
    lane->writer = writer;
    lane->on_room = on_room;
    lane->on_room_data = on_room_data;
    /* untouched pages cost nothing, so a lane takes the memory it really uses */
    lane->chunks = mmap(NULL, chunk_size(lane) * lane->most_chunks, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (lane->chunks == MAP_FAILED)
        lane->chunks = NULL;
    lane->spare = calloc(lane->most_chunks, sizeof(struct chunk *));
    lane->full = calloc(lane->most_chunks, sizeof(struct chunk *));
    if (!lane->chunks || !lane->spare || !lane->full ||
        queue_init(&lane->handed, lane->most_chunks) ||
        queue_init(&lane->returned, lane->most_chunks)) {
        lane_deinit(lane);
        return -ENOMEM;
    }
    add_chunks(lane, chunks_for(lane->reserve));
    return 0;
}

uint32_t lane_copies_max(const struct lane *lane)
{
    uint32_t copies = LANE_COPIES_ROOM;

    while (chunks_for(reserve_for(lane, copies + 1)) <= lane->most_chunks)
        copies++;
    return copies;
}

void lane_grow(struct lane *lane, uint32_t copies)
{
    uint32_t reserve = reserve_for(lane, copies);

    if (reserve <= lane->reserve)
        return;
    lane->reserve = reserve;
    if (chunks_for(reserve) > lane->n_chunks)
        add_chunks(lane, chunks_for(reserve));
}

void lane_deinit(struct lane *lane)
{
    if (lane->chunks)
        munmap(lane->chunks, chunk_size(lane) * lane->most_chunks);
    free(lane->spare);
    free(lane->full);
    queue_deinit(&lane->handed);
    queue_deinit(&lane->returned);
    memset(lane, 0, sizeof(*lane));
}

static bool reclaim(struct lane *lane)
{
    struct chunk *chunk;

    while ((chunk = queue_pop(&lane->returned)))
        lane->spare[lane->n_spare++] = chunk;
    return lane->n_spare >= lane->reserve;
}

/* From now on the next chunk that comes back is reported. False when one came back meanwhile: then
 * nothing is awaited, and it pays to look again. */
static bool await_chunk(struct lane *lane)
{
    lane_arm_wake(lane); /* before the second look at the returned chunks */
    if (queue_empty(&lane->returned))
        return true;
    atomic_store_explicit(&lane->awaited, false, memory_order_relaxed);
    return false;
}

/* The writer has at most LANE_AHEAD chunks and all others are here, so this always finds enough. */
static void drop_oldest(struct lane *lane)
{
    uint32_t gone = 0;

    while (lane->n_spare < lane->reserve && gone < lane->n_full) {
        counter_add(&lane->overflowed, lane->full[gone]->events);
        lane->spare[lane->n_spare++] = lane->full[gone++];
    }
    lane->n_full -= gone;
    memmove(lane->full, lane->full + gone, lane->n_full * sizeof(struct chunk *));
}

bool lane_make_room(struct lane *lane)
{
    bool room = lane->n_spare >= lane->reserve || reclaim(lane);

    switch (lane->overflow) {
    case LANE_DROP_NEWEST:
        lane->refuses = !room;
        return true;
    case LANE_DROP_OLDEST:
        if (!room)
            drop_oldest(lane);
        return true;
    default:
        while (!room && !await_chunk(lane))
            room = reclaim(lane);
        return room;
    }
}

void lane_refuse(struct lane *lane, uint32_t events)
{
    counter_add(&lane->forwarded, events);
    counter_add(&lane->overflowed, events);
}

char *lane_tail(struct lane *lane, uint32_t *ret_room)
{
    if (!lane->open) {
        lane->open = lane->spare[--lane->n_spare];
        lane->open->used = 0;
        lane->open->events = 0;
        lane->open->stamp = 0;
    }
    *ret_room = lane->chunk_bytes - lane->open->used;
    return lane->open->bytes + lane->open->used;
}

void lane_add(struct lane *lane, uint32_t bytes, uint32_t events)
{
    lane->open->used += bytes;
    lane->open->events += events;
    counter_add(&lane->forwarded, events);
}

void lane_stamp(struct lane *lane, int64_t submitted)
{
    if (lane->open->stamp == 0)
        lane->open->stamp = submitted;
}

void lane_next_chunk(struct lane *lane)
{
    if (!lane->open || lane->open->used == 0)
        return;
    lane->closed++;
    lane->full[lane->n_full++] = lane->open;
    lane->open = NULL;
}

/* Chunks that the writer has, as far as is known here. */
static uint32_t with_writer(const struct lane *lane)
{
    return lane->n_chunks - lane->n_spare - lane->n_full - (lane->open != NULL);
}

/* Returns whether something had to stay. */
static bool hand_over(struct lane *lane, enum lane_what what)
{
    uint32_t out = with_writer(lane);
    uint32_t limit =
        lane->overflow == LANE_DROP_OLDEST && what != LANE_ALL ? LANE_AHEAD : lane->n_chunks;
    uint32_t gone = 0;

    if (what == LANE_ALL || (what == LANE_BEGUN && out + lane->n_full < LANE_AHEAD))
        lane_next_chunk(lane);
    while (gone < lane->n_full && out + gone < limit)
        queue_push(&lane->handed, lane->full[gone++]); /* has room for every chunk there is */
    lane->n_full -= gone;
    memmove(lane->full, lane->full + gone, lane->n_full * sizeof(struct chunk *));
    if (gone > 0)
        waker_ring(lane->writer);
    return lane->n_full > 0 || (what == LANE_BEGUN && lane->open && lane->open->used > 0);
}

void lane_hand_over(struct lane *lane, enum lane_what what)
{
    if (lane->n_full == 0 && (what == LANE_FULL || !lane->open))
        return;
    do
        reclaim(lane);
    while (hand_over(lane, what) && !await_chunk(lane));
}

struct chunk *lane_take(struct lane *lane)
{
    return queue_pop(&lane->handed);
}

uint64_t lane_mark(const struct lane *lane)
{
    return lane->closed + (lane->open && lane->open->used > 0);
}

void lane_arm_wake(struct lane *lane)
{
    atomic_store_explicit(&lane->awaited, true, memory_order_relaxed);
    /* orders the flag before a look at what is acknowledged; see lane_give_back() */
    atomic_thread_fence(memory_order_seq_cst);
}

void lane_give_back(struct lane *lane, struct chunk *chunk, uint32_t delivered, bool given_up)
{
    lane->broken |= given_up;
    if (!lane->broken)
        atomic_fetch_add_explicit(&lane->acknowledged, 1, memory_order_release);
    counter_add(&lane->delivered, delivered);
    counter_add(&lane->abandoned, chunk->events - delivered);
    queue_push(&lane->returned, chunk);
    /* orders the push before the look at the flag; see lane_make_room() */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&lane->awaited, memory_order_relaxed) &&
        atomic_exchange_explicit(&lane->awaited, false, memory_order_relaxed))
        lane->on_room(lane->on_room_data);
}

uint32_t lane_chunks_out(const struct lane *lane)
{
    /* what came back first: it never overtakes what was handed over before */
    uint32_t back = atomic_load_explicit(&lane->returned.tail, memory_order_acquire);

    return atomic_load_explicit(&lane->handed.tail, memory_order_acquire) - back;
}

uint64_t lane_dropped(const struct lane *lane)
{
    return counter_get(&lane->overflowed) + counter_get(&lane->abandoned);
}

uint64_t lane_in_flight(const struct lane *lane)
{
    /* the outgoing counts first: they never overtake what was forwarded before */
    uint64_t gone = counter_get(&lane->delivered) + lane_dropped(lane);

    return counter_get(&lane->forwarded) - gone;
}
