// SPDX-License-Identifier: Apache-2.0

/* A place is looked at only when the whole hash agrees. The alternatives to a clock: an LRU list
 * costs two more cache misses for each hit; evicting at random needs no marks, but forgets the
 * busiest keys, too. */

#include "expr/key_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/handler_expr.h"

static char *place_at(const struct key_table *keys, uint32_t place)
{
    return keys->places + place * keys->place_size;
}

int key_table_init(struct key_table *keys, const struct key *key, uint32_t max, size_t entry_size)
{
    memset(keys, 0, sizeof(*keys));
    keys->key = key;
    keys->max = max;
    keys->entry_offset = key_size(key);
    keys->place_size = keys->entry_offset + (entry_size + 7) / 8 * 8;
    keys->index = hash_index_over(calloc(1, hash_index_size(max)), max);
    keys->hashes = calloc(max, sizeof(*keys->hashes));
    keys->marks = calloc(max, sizeof(*keys->marks));
    keys->places = calloc(max, keys->place_size);
    if (keys->index.slots && keys->hashes && keys->marks && keys->places)
        return 0;
    key_table_deinit(keys);
    return -ENOMEM;
}

void key_table_deinit(struct key_table *keys)
{
    free(keys->index.slots);
    free(keys->hashes);
    free(keys->marks);
    free(keys->places);
    memset(keys, 0, sizeof(*keys));
}

static uint32_t choose_victim(struct key_table *keys)
{
    for (int step = 1;; step++) {
        uint32_t place = keys->hand;

        keys->hand = place + 1 < keys->max ? place + 1 : 0;
        if (!keys->marks[place] || step == KEY_TABLE_SWEEP)
            return place;
        keys->marks[place] = 0;
    }
}

static enum key_table_outcome take_place(struct key_table *keys, uint32_t *ret_place)
{
    uint64_t count = counter_get(&keys->count);

    if (count < keys->max) {
        *ret_place = (uint32_t)count;
        atomic_store_explicit(&keys->count, count + 1, memory_order_relaxed);
        return KEY_TABLE_ADDED;
    }
    *ret_place = choose_victim(keys);
    hash_index_remove(&keys->index, keys->hashes[*ret_place], *ret_place + 1);
    atomic_store_explicit(&keys->evicted, counter_get(&keys->evicted) + 1, memory_order_relaxed);
    return KEY_TABLE_EVICTED;
}

static enum key_table_outcome add(struct key_table *keys, uint32_t index, uint64_t hash,
                                  void **ret_entry)
{
    uint32_t place;
    enum key_table_outcome outcome = take_place(keys, &place);

    hash_index_add(&keys->index, hash, place + 1);
    keys->hashes[place] = hash;
    keys->marks[place] = 0; /* so a key that never comes again is the first to go */
    key_store(keys->key, index, place_at(keys, place));
    *ret_entry = place_at(keys, place) + keys->entry_offset;
    return outcome;
}

enum key_table_outcome key_table_get(struct key_table *keys, uint32_t index, uint64_t hash,
                                     void **ret_entry)
{
    uint32_t at = (uint32_t)hash, row;

    while ((row = hash_index_next(&keys->index, hash, &at)) != HASH_INDEX_NONE) {
        uint32_t place = row - 1;

        if (keys->hashes[place] != hash || !key_equal(keys->key, index, place_at(keys, place)))
            continue;
        keys->marks[place] = 1;
        *ret_entry = place_at(keys, place) + keys->entry_offset;
        return KEY_TABLE_FOUND;
    }
    return add(keys, index, hash, ret_entry);
}

void key_table_rows(const struct key_table *keys, row_emit emit, void *data)
{
    static const struct row count = {
        .name = "keys",
        .unit = "",
        .kind = ROW_LEVEL,
        .help = "Keys remembered by the handler",
    };
    static const struct row evicted = {
        .name = "keys_evicted",
        .unit = "",
        .kind = ROW_COUNT,
        .help = "Keys forgotten because the limit of keys was reached",
    };
    struct expr_failures failures = {0};

    emit(data, &count, counter_get(&keys->count));
    emit(data, &evicted, counter_get(&keys->evicted));
    key_add_failures(keys->key, &failures);
    expr_rows(&failures, emit, data);
}
