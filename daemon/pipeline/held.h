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

enum {
    HELD_MAX = 64
}; /* entries; when there are more, the newest two become one: later, not wrong */

struct held;

/* Borrows the lanes. Into the first n_active of them new records may go; the others are waited for
 * only as far as entries say that are copied in. NULL when out of memory. */
struct held *held_new(struct lane *const *lanes, uint32_t n_lanes, uint32_t n_active);
void held_free(struct held *held); /* accepts NULL */
/* Into an empty one: the entries of another, with the marks of the lanes that both have. */
void held_copy(struct held *held, const struct held *other);

/* All that comes before position is in the lanes now, if it went there at all. */
void held_add(struct held *held, uint64_t position);
/* How far a commit may go now: true and the position when it is further than before. */
bool held_take(struct held *held, uint64_t *ret_position);
/* Something still waits. */
bool held_waits(const struct held *held);
/* All lanes that it was made with. */
struct lane *const *held_lanes(const struct held *held, uint32_t *ret_n_lanes);
/* From now on acknowledgements wake the consumer. False when one came meanwhile: take first. */
bool held_await(struct held *held);
