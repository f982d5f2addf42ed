// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A bounded table from an id to its name, which one thread fills and any number of threads read.
 * Each slot has a sequence lock: a reader copies the name out and then looks whether it changed
 * meanwhile; if it did, the id counts as not there. So readers never wait, and never see half a
 * name or one that was freed.
 *
 *     set of id   [slot][slot][slot][slot]      the one that was used longest ago gives way */

#include <stdbool.h>
#include <stdint.h>

enum {
    NAME_CACHE_WAYS = 4,       /* slots that an id can be in */
    NAME_CACHE_NAME_MAX = 496, /* bytes */
};

struct name_cache;

/* What a slot says. */
struct name_entry {
    uint32_t kind; /* below 2^16 */
    uint32_t pid;  /* of an address in a process; else 0 */
    uint64_t id;
    bool known;      /* false: it is known to have no name */
    int64_t expires; /* ns of CLOCK_MONOTONIC: when it should be looked up again */
    uint32_t stamp;  /* the cache's version since which it says this; the cache's own */
    uint32_t length;
    char name[NAME_CACHE_NAME_MAX]; /* length bytes */
};

/* Room for names entries, rounded up to a power of two, and 512 bytes for each. NULL: out of
 * memory. */
struct name_cache *name_cache_new(uint32_t names);

/* Frees the cache, which no thread may use any more; accepts NULL. */
void name_cache_free(struct name_cache *cache);

/* Any thread. Fills *ret and returns true when the id of that process is there; now tells which
 * entry was used least recently. */
bool name_cache_get_of(struct name_cache *cache, uint32_t kind, uint32_t pid, uint64_t id,
                       int64_t now, struct name_entry *ret);

/* As name_cache_get_of(), for ids that do not belong to a process. */
static inline bool name_cache_get(struct name_cache *cache, uint32_t kind, uint64_t id, int64_t now,
                                  struct name_entry *ret)
{
    return name_cache_get_of(cache, kind, 0, id, now, ret);
}

/* The filling thread only (the resolver's, or the consumer thread by resolver_give()): enters or
 * replaces. An entry that says the same again is not disturbed:
 * whoever reads meanwhile finds it. */
void name_cache_put(struct name_cache *cache, const struct name_entry *entry, int64_t now);

/* Changes whenever any entry does; what was got under the same number is still what is there. */
uint32_t name_cache_version(const struct name_cache *cache);

/* Any thread: entries that were replaced by other ids' so far. */
uint64_t name_cache_evicted(const struct name_cache *cache);

/* Any thread: entries there are. */
uint64_t name_cache_count(const struct name_cache *cache);
