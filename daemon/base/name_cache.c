// SPDX-License-Identifier: Apache-2.0

/* Not base/hash_index.h: several threads read while one writes.
 *
 * As base/note.h does it: the version is odd while a slot changes, and its words are atomics, so
 * that a reader in between reads nonsense that it throws away, and not undefined behaviour. Unlike
 * there a reader does not try again: the filling thread may have been put to sleep within a slot,
 * and a record without a name is better than one that waits for it. */

#include "base/name_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/counter.h"

enum { WORDS = NAME_CACHE_NAME_MAX / 8, EMPTY = 0, KNOWN = 1, UNKNOWN = 2 };

struct name_slot {
    _Atomic uint32_t version; /* odd while it is being written */
    _Atomic uint32_t head;    /* kind, state and length; 0: empty */
    _Atomic uint64_t id;
    _Atomic int64_t expires;
    _Atomic uint32_t stamp;
    _Atomic uint32_t pid;
    _Atomic int64_t used; /* by whoever read it last; decides no more than which one gives way */
    _Atomic uint64_t words[WORDS];
};

struct name_cache {
    uint32_t mask; /* of sets */
    _Atomic uint32_t version;
    counter evicted;
    counter count;
    struct name_slot slots[];
};

static uint32_t head_of(uint32_t kind, bool known, uint32_t length)
{
    return kind << 16 | length << 2 | (known ? KNOWN : UNKNOWN);
}

struct name_cache *name_cache_new(uint32_t names)
{
    uint32_t sets = 1;
    struct name_cache *cache;

    while (sets < UINT32_MAX / 2 && sets * NAME_CACHE_WAYS < names)
        sets *= 2;
    cache = calloc(1, sizeof(*cache) + (size_t)sets * NAME_CACHE_WAYS * sizeof(struct name_slot));
    if (cache)
        cache->mask = sets - 1;
    return cache;
}

void name_cache_free(struct name_cache *cache)
{
    free(cache);
}

/* The first slot of the id's set. Ids are counted up, so a product spreads them. */
static struct name_slot *set_of(struct name_cache *cache, uint32_t kind, uint32_t pid, uint64_t id)
{
    uint64_t mixed =
        (id + kind + pid * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);

    return &cache->slots[((mixed >> 32) & cache->mask) * NAME_CACHE_WAYS];
}

static void load_words(struct name_slot *slot, uint32_t length, char *out)
{
    for (uint32_t i = 0; i < (length + 7) / 8; i++) {
        uint64_t word = atomic_load_explicit(&slot->words[i], memory_order_relaxed);

        memcpy(out + 8 * (size_t)i, &word, 8);
    }
}

/* False: another id's, or just being changed. */
static bool read_slot(struct name_slot *slot, uint32_t kind, uint32_t pid, uint64_t id,
                      struct name_entry *ret)
{
    uint32_t version = atomic_load_explicit(&slot->version, memory_order_acquire);
    uint32_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);

    if (version % 2 == 1 || head == EMPTY || head >> 16 != kind ||
        atomic_load_explicit(&slot->id, memory_order_relaxed) != id ||
        atomic_load_explicit(&slot->pid, memory_order_relaxed) != pid)
        return false;
    ret->kind = kind;
    ret->pid = pid;
    ret->id = id;
    ret->known = head % 4 == KNOWN;
    ret->length = (head & 0xffff) >> 2;
    ret->expires = atomic_load_explicit(&slot->expires, memory_order_relaxed);
    ret->stamp = atomic_load_explicit(&slot->stamp, memory_order_relaxed);
    load_words(slot, ret->length, ret->name);
    /* orders the last word before the second look at the version */
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&slot->version, memory_order_relaxed) == version;
}

bool name_cache_get_of(struct name_cache *cache, uint32_t kind, uint32_t pid, uint64_t id,
                       int64_t now, struct name_entry *ret)
{
    struct name_slot *set = set_of(cache, kind, pid, id);

    for (struct name_slot *slot = set; slot < set + NAME_CACHE_WAYS; slot++) {
        if (!read_slot(slot, kind, pid, id, ret))
            continue;
        if (atomic_load_explicit(&slot->used, memory_order_relaxed) != now)
            atomic_store_explicit(&slot->used, now, memory_order_relaxed);
        return true;
    }
    return false;
}

/* The filling thread reads without the lock: nobody else writes. */
static bool holds(struct name_slot *slot, const struct name_entry *entry)
{
    uint32_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);

    return head != EMPTY && head >> 16 == entry->kind &&
           atomic_load_explicit(&slot->id, memory_order_relaxed) == entry->id &&
           atomic_load_explicit(&slot->pid, memory_order_relaxed) == entry->pid;
}

/* The id's own slot, else an empty one, else the one that was used longest ago. */
static struct name_slot *choose(struct name_slot *set, const struct name_entry *entry)
{
    struct name_slot *best = set;

    for (struct name_slot *slot = set; slot < set + NAME_CACHE_WAYS; slot++)
        if (holds(slot, entry))
            return slot;
    for (struct name_slot *slot = set; slot < set + NAME_CACHE_WAYS; slot++) {
        if (atomic_load_explicit(&slot->head, memory_order_relaxed) == EMPTY)
            return slot;
        if (atomic_load_explicit(&slot->used, memory_order_relaxed) <
            atomic_load_explicit(&best->used, memory_order_relaxed))
            best = slot;
    }
    return best;
}

/* The filling thread only. */
static bool says_same(struct name_slot *slot, const struct name_entry *entry)
{
    uint64_t words[WORDS] = {0};

    if (!holds(slot, entry) || atomic_load_explicit(&slot->head, memory_order_relaxed) !=
                                   head_of(entry->kind, entry->known, entry->length))
        return false;
    memcpy(words, entry->name, entry->length);
    for (uint32_t i = 0; i < (entry->length + 7) / 8; i++)
        if (atomic_load_explicit(&slot->words[i], memory_order_relaxed) != words[i])
            return false;
    return true;
}

static void write_slot(struct name_slot *slot, const struct name_entry *entry, uint32_t stamp,
                       int64_t now)
{
    uint32_t version = atomic_load_explicit(&slot->version, memory_order_relaxed);
    uint64_t words[WORDS] = {0};

    memcpy(words, entry->name, entry->length);
    atomic_store_explicit(&slot->version, version + 1, memory_order_relaxed);
    /* orders the odd version before all that follows */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&slot->head, head_of(entry->kind, entry->known, entry->length),
                          memory_order_relaxed);
    atomic_store_explicit(&slot->id, entry->id, memory_order_relaxed);
    atomic_store_explicit(&slot->pid, entry->pid, memory_order_relaxed);
    atomic_store_explicit(&slot->expires, entry->expires, memory_order_relaxed);
    atomic_store_explicit(&slot->stamp, stamp, memory_order_relaxed);
    atomic_store_explicit(&slot->used, now, memory_order_relaxed);
    for (uint32_t i = 0; i < (entry->length + 7) / 8; i++)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&slot->version, version + 2, memory_order_release);
}

void name_cache_put(struct name_cache *cache, const struct name_entry *entry, int64_t now)
{
    struct name_slot *slot = choose(set_of(cache, entry->kind, entry->pid, entry->id), entry);

    if (says_same(slot, entry)) {
        atomic_store_explicit(&slot->expires, entry->expires, memory_order_relaxed);
        atomic_fetch_add_explicit(&cache->version, 1, memory_order_release);
        return;
    }
    if (atomic_load_explicit(&slot->head, memory_order_relaxed) == EMPTY)
        counter_add(&cache->count, 1);
    else if (!holds(slot, entry))
        counter_add(&cache->evicted, 1);
    write_slot(slot, entry, atomic_load_explicit(&cache->version, memory_order_relaxed) + 1, now);
    atomic_fetch_add_explicit(&cache->version, 1, memory_order_release);
}

uint32_t name_cache_version(const struct name_cache *cache)
{
    return atomic_load_explicit(&cache->version, memory_order_acquire);
}

uint64_t name_cache_evicted(const struct name_cache *cache)
{
    return counter_get(&cache->evicted);
}

uint64_t name_cache_count(const struct name_cache *cache)
{
    return counter_get(&cache->count);
}
