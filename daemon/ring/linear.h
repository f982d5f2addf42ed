// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records in memory that does not wrap, read by the same walk as a ring:
 *
 *     data       start                      published             end
 *      | header  | record | record | record | not to be read yet  |
 *
 * Positions are offsets from data, so they never wrap and nothing is mapped twice. They are
 * private: only the caller of linear_publish() learns of commits. Discarded records are skipped and
 * not counted: in a capture they are not records. */

#include <ringmill/ring.h>
#include <stdint.h>

struct linear {
    const uint8_t *data; /* 8-byte aligned; stays the caller's and must outlive the ring */
    uint64_t start;      /* a multiple of 8, as are the others */
    uint64_t published;  /* what can be read from the beginning */
    uint64_t end;        /* nothing is read beyond it */
    const char *name;    /* for sentences; cut to 15 characters */
};

/* The caller owns *ret_ring. options and reason may be NULL; the options for locking and observing
 * have no effect. 0 or -errno. */
int linear_open(const struct linear *linear, const struct ringmill_ring_options *options,
                struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* Any one thread, while the ring is open: allows records up to position (the end of a record) to be
 * read, and wakes the reader. */
void linear_publish(struct ringmill_ring *ring, uint64_t position);
/* Any thread: everything before this position was committed. */
uint64_t linear_committed(const struct ringmill_ring *ring);
