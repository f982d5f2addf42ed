// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Commits of one ring that wait for acknowledgements: `delivery: at-least-once`. What a batch
 * became lies in chunks; its ring position may be published once every sink that was promised
 * something has acknowledged all chunks up to those.
 *
 *     ring position    1200     1800     2600      the newest entry grows while no chunk is closed
 *     lane "out"       chunk 7  chunk 8  chunk 8
 *     lane "log"       chunk 3  chunk 3  chunk 4
 *                      ▲ 1200 may go when 7 and 3 are acknowledged
 *
 * Entries are in order in all columns, so only the first one is ever looked at. Owned by the
 * consumer thread. */

#include <stdbool.h>
#include <stdint.h>

struct lane;

enum { COMMIT_QUEUE_MAX = 64 }; /* entries; the newest one also stands for those that do not fit */

struct commit_queue;

/* Borrows the lanes. New records go into the first n_active of them only; the others are waited for
 * as far as the entries say that are copied in. NULL when out of memory. */
struct commit_queue *commit_queue_new(struct lane *const *lanes, uint32_t n_lanes,
                                      uint32_t n_active);
/* Accepts NULL. */
void commit_queue_free(struct commit_queue *queue);
/* Into an empty queue: the entries of another one, with the marks of the lanes that both have. */
void commit_queue_copy(struct commit_queue *queue, const struct commit_queue *other);

/* All events of the records before position have been put into the lanes. */
void commit_queue_add(struct commit_queue *queue, uint64_t position);
/* Takes what is acknowledged. True, and the position up to which the ring may be committed, if that
 * is further than before. */
bool commit_queue_take(struct commit_queue *queue, uint64_t *ret_position);
/* Some position has not been taken yet. */
bool commit_queue_is_waiting(const struct commit_queue *queue);
/* All lanes that it was made with. */
struct lane *const *commit_queue_lanes(const struct commit_queue *queue, uint32_t *ret_n_lanes);
/* From now on acknowledgements wake the consumer thread. False when one came meanwhile: take before
 * sleeping. */
bool commit_queue_arm_wake(struct commit_queue *queue);
