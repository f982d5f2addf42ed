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

int lane_init(struct lane *lane, uint32_t batch, uint32_t copies, struct waker *writer,
              void (*on_room)(void *data), void *on_room_data)
{
    uint64_t worst = (uint64_t)batch * copies * EVENT_MAX;
    uint32_t reserve = (uint32_t)((worst + CHUNK_SURE - 1) / CHUNK_SURE) + 1;

    memset(lane, 0, sizeof(*lane));
    lane->reserve = reserve;
    lane->n_chunks = reserve * 2 > LANE_CHUNKS ? reserve * 2 : LANE_CHUNKS;
    lane->writer = writer;
    lane->on_room = on_room;
    lane->on_room_data = on_room_data;
    /* untouched pages cost nothing, so a lane takes the memory it really uses */
    lane->chunks = mmap(NULL, sizeof(struct chunk) * lane->n_chunks, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (lane->chunks == MAP_FAILED)
        lane->chunks = NULL;
    lane->spare = calloc(lane->n_chunks, sizeof(struct chunk *));
    lane->full = calloc(lane->n_chunks, sizeof(struct chunk *));
    if (!lane->chunks || !lane->spare || !lane->full || queue_init(&lane->handed, lane->n_chunks) ||
        queue_init(&lane->returned, lane->n_chunks)) {
        lane_deinit(lane);
        return -ENOMEM;
    }
    for (uint32_t i = lane->n_chunks; i > 0; i--)
        lane->spare[lane->n_spare++] = &lane->chunks[i - 1];
    return 0;
}

void lane_deinit(struct lane *lane)
{
    if (lane->chunks)
        munmap(lane->chunks, sizeof(struct chunk) * lane->n_chunks);
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

bool lane_has_room(struct lane *lane)
{
    if (lane->n_spare >= lane->reserve || reclaim(lane))
        return true;
    atomic_store_explicit(&lane->starved, true, memory_order_relaxed);
    /* orders the flag before a second look at the returned chunks; see lane_give_back() */
    atomic_thread_fence(memory_order_seq_cst);
    if (!reclaim(lane))
        return false;
    atomic_store_explicit(&lane->starved, false, memory_order_relaxed);
    return true;
}

char *lane_tail(struct lane *lane, uint32_t *ret_room)
{
    if (!lane->open) {
        lane->open = lane->spare[--lane->n_spare];
        lane->open->used = 0;
        lane->open->events = 0;
        lane->open->stamp = 0;
    }
    *ret_room = CHUNK_BYTES - lane->open->used;
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
    lane->full[lane->n_full++] = lane->open;
    lane->open = NULL;
}

void lane_hand_over(struct lane *lane, bool open)
{
    if (open)
        lane_next_chunk(lane);
    if (lane->n_full == 0)
        return;
    for (uint32_t i = 0; i < lane->n_full; i++)
        queue_push(&lane->handed, lane->full[i]); /* has room for every chunk there is */
    lane->n_full = 0;
    waker_ring(lane->writer);
}

struct chunk *lane_take(struct lane *lane)
{
    return queue_pop(&lane->handed);
}

void lane_give_back(struct lane *lane, struct chunk *chunk, uint32_t delivered)
{
    counter_add(&lane->delivered, delivered);
    counter_add(&lane->dropped, chunk->events - delivered);
    queue_push(&lane->returned, chunk);
    /* orders the push before the look at the flag; see lane_has_room() */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&lane->starved, memory_order_relaxed) &&
        atomic_exchange_explicit(&lane->starved, false, memory_order_relaxed))
        lane->on_room(lane->on_room_data);
}

uint32_t lane_chunks_out(const struct lane *lane)
{
    /* what came back first: it never overtakes what was handed over before */
    uint32_t back = atomic_load_explicit(&lane->returned.tail, memory_order_acquire);

    return atomic_load_explicit(&lane->handed.tail, memory_order_acquire) - back;
}

uint64_t lane_in_flight(const struct lane *lane)
{
    /* the outgoing counts first: they never overtake what was forwarded before */
    uint64_t gone = counter_get(&lane->delivered) + counter_get(&lane->dropped);

    return counter_get(&lane->forwarded) - gone;
}
