// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records of a group of rings in the order of their timestamps: a heap of the rings that have a
 * record, by the timestamp of their next one.
 *
 *     deliverable:  every ring has a record, so the smallest is the next one for certain;
 *                   or it is older than the watermark: nothing as old as that can still come;
 *                   or it lies in a future that cannot be: waiting for it would never end.
 *
 * The watermark is the time of the last look at the empty rings, less the hold: a record is visible
 * at most that long after its timestamp was taken. Order within a ring is kept as it is. */

#include <stdbool.h>
#include <stdint.h>

#include "ring/ring.h"

/* ns: a timestamp that lies further ahead of the clock is none (another clock, a wrong offset), and
 * nothing is gained by waiting for it: it is delivered once it is the smallest. */
#define MERGE_AHEAD_MAX UINT64_C(1000000000)

struct merge_entry {
    uint64_t key; /* timestamp of the ring's next record */
    struct ringmill_ring *ring;
};

struct merge {
    uint32_t offset; /* of the timestamp in a sample */
    uint64_t hold;   /* ns */
    uint64_t watermark;
    bool corrupt;                 /* a wait met a corrupt ring; the next batch is owed the error */
    struct ringmill_ring **rings; /* n_rings of them: the group; the first one has its turn */
    uint32_t n_rings;
    uint32_t n;                  /* entries */
    struct merge_entry *entries; /* a binary heap; room for every ring */
};

/* An empty group, or NULL when out of memory. */
struct merge *merge_new(uint32_t offset, uint64_t hold);
/* The rings are in no group any more. Accepts NULL. */
void merge_free(struct merge *merge);

/* A ring is in one group at the most. 0 or -ENOMEM. */
int merge_add(struct merge *merge, struct ringmill_ring *ring);
void merge_remove(struct merge *merge, struct ringmill_ring *ring);
/* Forgets what is in the heap: rings were added, removed, paused or rewound. */
void merge_reset(struct merge *merge);

/* 1: the top of the heap may be delivered; 0: not before *ret_due (RINGMILL_FOREVER: until some
 * ring gets a record); -EBADMSG once per corrupt ring. Looks at the empty rings when needed. */
int merge_look(struct merge *merge, uint64_t *ret_due);

/* After merge_look() returned 1: takes a run of at most capacity records, all of one ring, that
 * come next. Returns their number; 0 when a length has been overwritten since. */
uint32_t merge_take(struct merge *merge, struct ringmill_view *ret_views, uint32_t capacity,
                    struct ringmill_ring **ret_ring);
