// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A bounded queue of pointers from exactly one pushing thread to exactly one popping thread: events
 * go by it, and questions to the resolver. No lock, no system call, no allocation after
 * queue_init().
 *
 *      slots   [ ][a][b][c][ ][ ][ ][ ]
 *                 ^ head      ^ tail         counts that only grow; slot = count & mask
 *
 * Ownership of what a pointer points to goes with the pointer; all writes before the push are seen
 * after the pop. */

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CACHE_LINE = 64 };

struct queue {
    /* immutable after queue_init() */
    void **slots;
    uint32_t mask;
    /* owned by the popping thread */
    alignas(CACHE_LINE) _Atomic uint32_t head;
    /* owned by the pushing thread */
    alignas(CACHE_LINE) _Atomic uint32_t tail;
};

/* Room for at least `capacity` pointers (1 to 2^30). 0 or -ENOMEM. */
int queue_init(struct queue *queue, uint32_t capacity);
/* Frees the slots, not what they point to. Accepts a zeroed queue. */
void queue_deinit(struct queue *queue);

/* Pushing thread only. False when full: nothing was pushed. */
static inline bool queue_push(struct queue *queue, void *item)
{
    uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    if (tail - atomic_load_explicit(&queue->head, memory_order_acquire) > queue->mask)
        return false;
    queue->slots[tail & queue->mask] = item;
    atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
    return true;
}

/* Popping thread only. NULL when empty. */
static inline void *queue_pop(struct queue *queue)
{
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    void *item;

    if (head == atomic_load_explicit(&queue->tail, memory_order_acquire))
        return NULL;
    item = queue->slots[head & queue->mask];
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
    return item;
}

/* Popping thread only: nothing to pop just now. */
static inline bool queue_empty(const struct queue *queue)
{
    return atomic_load_explicit(&queue->head, memory_order_relaxed) ==
           atomic_load_explicit(&queue->tail, memory_order_acquire);
}
