// SPDX-License-Identifier: Apache-2.0

/* Linear probing over slots of 8 bytes: half of the hash and the place, so that a probe reads one
 * cache line, and a place is looked at only when the whole hash agrees. Removal shifts back what
 * was pushed along, so there are no tombstones, and lookups stay short however long it runs.
 *
 * The alternatives: an LRU list costs two more cache misses for each hit; evicting at random needs
 * no marks, but forgets the busiest keys, too. */

#include "expr/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/handler_expr.h"

struct keys_slot {
    uint32_t tag;   /* the hash's upper half */
    uint32_t place; /* counted from 1; 0: free */
};

static char *place_at(const struct keys *keys, uint32_t place)
{
    return keys->places + place * keys->place_size;
}

int keys_init(struct keys *keys, const struct key *key, uint32_t max, size_t entry_size)
{
    uint32_t slots = 4;

    while (slots < 2 * max)
        slots *= 2;
    memset(keys, 0, sizeof(*keys));
    keys->key = key;
    keys->max = max;
    keys->mask = slots - 1;
    keys->entry_offset = key_size(key);
    keys->place_size = keys->entry_offset + (entry_size + 7) / 8 * 8;
    keys->index = calloc(slots, sizeof(*keys->index));
    keys->hashes = calloc(max, sizeof(*keys->hashes));
    keys->marks = calloc(max, sizeof(*keys->marks));
    keys->places = calloc(max, keys->place_size);
    if (keys->index && keys->hashes && keys->marks && keys->places)
        return 0;
    keys_deinit(keys);
    return -ENOMEM;
}

void keys_deinit(struct keys *keys)
{
    free(keys->index);
    free(keys->hashes);
    free(keys->marks);
    free(keys->places);
    memset(keys, 0, sizeof(*keys));
}

/* Takes the place out of the index. Whatever follows it without a gap, and could be
 * nearer to where its hash points, moves up. */
static void unindex(struct keys *keys, uint32_t place)
{
    uint32_t gap = (uint32_t)keys->hashes[place] & keys->mask;

    while (keys->index[gap].place != place + 1)
        gap = (gap + 1) & keys->mask;
    for (uint32_t at = (gap + 1) & keys->mask; keys->index[at].place; at = (at + 1) & keys->mask) {
        uint32_t home = (uint32_t)keys->hashes[keys->index[at].place - 1] & keys->mask;

        if (((at - home) & keys->mask) < ((at - gap) & keys->mask))
            continue; /* moved to the gap, it would be before its home */
        keys->index[gap] = keys->index[at];
        gap = at;
    }
    keys->index[gap].place = 0;
}

static uint32_t choose_victim(struct keys *keys)
{
    for (int step = 1;; step++) {
        uint32_t place = keys->hand;

        keys->hand = place + 1 < keys->max ? place + 1 : 0;
        if (!keys->marks[place] || step == KEYS_SWEEP)
            return place;
        keys->marks[place] = 0;
    }
}

static enum keys_outcome take_place(struct keys *keys, uint32_t *ret_place)
{
    uint64_t count = counter_get(&keys->count);

    if (count < keys->max) {
        *ret_place = (uint32_t)count;
        atomic_store_explicit(&keys->count, count + 1, memory_order_relaxed);
        return KEYS_ADDED;
    }
    *ret_place = choose_victim(keys);
    unindex(keys, *ret_place);
    atomic_store_explicit(&keys->evicted, counter_get(&keys->evicted) + 1, memory_order_relaxed);
    return KEYS_EVICTED;
}

/* The free slot where the hash belongs. */
static struct keys_slot *free_slot(const struct keys *keys, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & keys->mask;

    while (keys->index[at].place)
        at = (at + 1) & keys->mask;
    return &keys->index[at];
}

static enum keys_outcome add(struct keys *keys, uint32_t index, uint64_t hash, void **ret_entry)
{
    uint32_t place;
    enum keys_outcome outcome = take_place(keys, &place);

    *free_slot(keys, hash) = (struct keys_slot){(uint32_t)(hash >> 32), place + 1};
    keys->hashes[place] = hash;
    keys->marks[place] = 0; /* so a key that never comes again is the first to go */
    key_store(keys->key, index, place_at(keys, place));
    *ret_entry = place_at(keys, place) + keys->entry_offset;
    return outcome;
}

enum keys_outcome keys_get(struct keys *keys, uint32_t index, uint64_t hash, void **ret_entry)
{
    uint32_t tag = (uint32_t)(hash >> 32);

    for (uint32_t at = (uint32_t)hash & keys->mask; keys->index[at].place;
         at = (at + 1) & keys->mask) {
        uint32_t place = keys->index[at].place - 1;

        if (keys->index[at].tag != tag || keys->hashes[place] != hash ||
            !key_equal(keys->key, index, place_at(keys, place)))
            continue;
        keys->marks[place] = 1;
        *ret_entry = place_at(keys, place) + keys->entry_offset;
        return KEYS_FOUND;
    }
    return add(keys, index, hash, ret_entry);
}

void keys_rows(const struct keys *keys, row_emit emit, void *data)
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
    struct expr_troubles troubles = {0};

    emit(data, &count, counter_get(&keys->count));
    emit(data, &evicted, counter_get(&keys->evicted));
    key_add_troubles(keys->key, &troubles);
    expr_rows(&troubles, emit, data);
}
