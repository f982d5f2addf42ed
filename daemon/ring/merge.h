// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records of a group of rings in the order of their timestamps: a heap of the rings that have a
 * record, by the timestamp of their next one.
 *
 *     deliverable:  every ring has a record, so the smallest is certainly the next one;
 *                   or it is older than the watermark: nothing that old can still arrive;
 *                   or its timestamp is impossibly far ahead: waiting for it would never end.
 *
 * The watermark is the time of the last look at the empty rings, minus the hold: a record becomes
 * visible at most that long after its timestamp was taken. The order within a ring is kept. */

#include <stdbool.h>
#include <stdint.h>

#include "ring/ring.h"

/* ns: a timestamp further ahead of the clock than this is not valid (another clock, a wrong
 * offset), and waiting for it is useless: its record is delivered once it is the smallest. */
#define MERGE_AHEAD_MAX UINT64_C(1000000000)

struct merge_entry {
    uint64_t key; /* timestamp of the ring's next record */
    struct ringmill_ring *ring;
};

struct merge {
    uint32_t offset; /* of the timestamp in a sample */
    uint64_t hold;   /* ns */
    uint64_t watermark;
    bool corrupt; /* a wait found a corrupt ring; the next batch must return the error */
    struct ringmill_ring **rings; /* n_rings of them: the group; the first one has its turn */
    uint32_t n_rings;
    uint32_t n;                  /* entries */
    struct merge_entry *entries; /* a binary heap; room for every ring */
};

/* An empty group, or NULL when out of memory. */
struct merge *merge_new(uint32_t offset, uint64_t hold);
/* Frees the group; its rings are then in no group. Accepts NULL. */
void merge_free(struct merge *merge);

/* Adds a ring, which must not be in another group. 0 or -ENOMEM. */
int merge_add(struct merge *merge, struct ringmill_ring *ring);
/* Removes a ring of the group. */
void merge_remove(struct merge *merge, struct ringmill_ring *ring);
/* Empties the heap, because rings were added, removed, paused or rewound. */
void merge_reset(struct merge *merge);

/* 1: the top of the heap may be delivered; 0: not before *ret_due (RINGMILL_FOREVER: until some
 * ring gets a record); -EBADMSG once per corrupt ring. Looks at the empty rings when needed. */
int merge_look(struct merge *merge, uint64_t *ret_due);

/* After merge_look() returned 1: takes the next run of at most capacity records, all of one ring.
 * Returns their number; 0 if a length was overwritten since. */
uint32_t merge_take(struct merge *merge, struct ringmill_view *ret_views, uint32_t capacity,
                    struct ringmill_ring **ret_ring);
