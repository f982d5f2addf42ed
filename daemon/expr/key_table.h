// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a handler remembers of each key, for a bounded number of keys: all memory is taken at the
 * start, and when all places are taken, a key that was not asked for lately makes room.
 *
 *     hash index                places
 *     [.][3][.][.][1][2]  ──▶   1: stored key | the handler's entry
 *                               2: ...
 *
 * Which key goes is decided by a clock: each place has a mark that a lookup sets; the hand clears
 * marks as it passes and takes the first place without one, or, so that one record's way stays
 * short, the place after KEY_TABLE_SWEEP steps.
 *
 * Owned by one thread; the two counters may be read by any. */

#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/hash_index.h"
#include "expr/key.h"
#include "record/row.h"

enum {
    KEY_TABLE_MAX = 4 * 1024 * 1024, /* keys of one table */
    KEY_TABLE_SWEEP = 64,
};

struct key_table {
    const struct key *key;
    uint32_t max;
    uint32_t hand;
    size_t entry_offset;
    size_t place_size;
    struct hash_index index; /* its rows are the places */
    uint64_t *hashes;        /* by place */
    uint8_t *marks;          /* by place */
    char *places;
    counter count;   /* keys that are remembered */
    counter evicted; /* keys that had to go */
};

/* Room for `max` keys with entries of entry_size bytes, aligned for a uint64_t. key stays the
 * caller's and must outlive it. 0 or -ENOMEM. */
int key_table_init(struct key_table *keys, const struct key *key, uint32_t max, size_t entry_size);
/* Accepts a zeroed one. */
void key_table_deinit(struct key_table *keys);

/* Any thread: gives the rows `keys` and `keys_evicted`, and those of the key's expressions, for the
 * rows() of a handler. */
void key_table_rows(const struct key_table *keys, row_emit emit, void *data);

enum key_table_outcome {
    KEY_TABLE_FOUND,
    KEY_TABLE_ADDED,   /* the entry is all zeroes */
    KEY_TABLE_EVICTED, /* the entry still holds what was remembered of the key that had to go */
};

/* The entry of the key of the view of that index, which is added if it is not there. Call after
 * key_hash(), which gave hash. Valid until
 * the next call. */
enum key_table_outcome key_table_get(struct key_table *keys, uint32_t index, uint64_t hash,
                                     void **ret_entry);
