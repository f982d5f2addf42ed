// SPDX-License-Identifier: Apache-2.0

/* Linear probing. Chains would cost a second cache miss for each search. */

#include "base/hash_index.h"

static uint32_t slots_for(uint32_t rows)
{
    uint32_t slots = 8;

    while (slots < 2 * rows)
        slots *= 2;
    return slots;
}

size_t hash_index_size(uint32_t rows)
{
    return (size_t)slots_for(rows) * sizeof(struct hash_slot);
}

struct hash_index hash_index_over(void *memory, uint32_t rows)
{
    return (struct hash_index){.slots = memory, .mask = slots_for(rows) - 1};
}

void hash_index_add(struct hash_index *index, uint64_t hash, uint32_t row)
{
    uint32_t at = (uint32_t)hash & index->mask;

    while (index->slots[at].row != HASH_INDEX_NONE)
        at = (at + 1) & index->mask;
    index->slots[at] = (struct hash_slot){(uint32_t)hash, row};
}

void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t row)
{
    const uint32_t mask = index->mask;
    uint32_t gap = (uint32_t)hash & mask;

    while (index->slots[gap].row != row)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; index->slots[at].row != HASH_INDEX_NONE;
         at = (at + 1) & mask) {
        uint32_t home = index->slots[at].tag & mask;

        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* moved to the gap, it would be before its home */
        index->slots[gap] = index->slots[at];
        gap = at;
    }
    index->slots[gap].row = HASH_INDEX_NONE;
}
