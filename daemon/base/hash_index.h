// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A hash index: from the hash of a key to the number of the row that has the key. The rows, with
 * the keys, are the caller's; their numbers count from 1, so that zeroed memory is an empty index.
 *
 *     slots (open addressing, at most half full)        rows of the caller
 *     [.][3][.][.][1][2][.][.]   ──────────────▶   1: key, value   2: ...
 *
 * A slot is 8 bytes: the row and the lower half of the hash. So a search reads one cache line most
 * of the time, and a key is compared only where 32 bits of the hash are equal. The same half says
 * where the slot belongs, so removal needs no rows; it moves slots back and leaves no tombstones.
 *
 * Owned by one thread. Hashes must be mixed well in their lower half. */

#include <stddef.h>
#include <stdint.h>

enum { HASH_INDEX_ROWS_MAX = 1 << 30, HASH_INDEX_NONE = 0 };

struct hash_slot {
    uint32_t tag; /* the lower half of the hash */
    uint32_t row; /* HASH_INDEX_NONE: the slot is free */
};

struct hash_index {
    struct hash_slot *slots;
    uint32_t mask; /* slots - 1 */
};

/* Bytes that the slots take for at most `rows` rows. */
size_t hash_index_size(uint32_t rows);

/* An index over memory of hash_index_size(rows) bytes, which stays the caller's; zeroed memory is
 * an empty index. memory may be NULL, for callers that check slots afterwards. */
struct hash_index hash_index_over(void *memory, uint32_t rows);

/* The slot at which a search for the hash begins. */
static inline const struct hash_slot *hash_index_home(const struct hash_index *index, uint64_t hash)
{
    return &index->slots[(uint32_t)hash & index->mask];
}

/* The next row whose key may have the hash; HASH_INDEX_NONE: there are no more. The caller compares
 * the keys. at is the position of the search, which begins as (uint32_t)hash. */
static inline uint32_t hash_index_next(const struct hash_index *index, uint64_t hash, uint32_t *at)
{
    const struct hash_slot *slot;

    do
        slot = &index->slots[(*at)++ & index->mask];
    while (slot->row != HASH_INDEX_NONE && slot->tag != (uint32_t)hash);
    return slot->row;
}

/* Adds a row, which must not be in the index yet and must be within the size given at the start. */
void hash_index_add(struct hash_index *index, uint64_t hash, uint32_t row);

/* Removes a row that is in the index; hash is the one it was added with. */
void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t row);
