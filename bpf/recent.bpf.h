// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* When something was seen last, such as a UDP flow. It is remembered by a hash of 64 bits, in sets
 * of four:
 *
 *     recent   | a b c d | a b c d | ...      one look into an array finds a set
 *
 * If all four are in use, the oldest one is forgotten. If that was seen not long ago, it is
 * displaced, which is counted. So a flood takes a known amount of memory, and is seen. */

#include "forgotten.bpf.h"

enum { RECENT_PER_SET = 4 };

struct recent {
    __u64 hash; /* 0: none */
    __u64 time; /* ktime */
};

struct recent_set {
    struct recent entries[RECENT_PER_SET];
};

/* User space sets max_entries to as many sets as the setting of the table's name says. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct recent_set);
} recent SEC(".maps");

/* Random, so that no peer can make hashes that are alike. */
__u64 recent_random = 0;

static __always_inline __u64 recent_seed(void)
{
    if (!recent_random)
        recent_random = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32() | 1;
    return recent_random;
}

static __always_inline __u64 recent_mix(__u64 hash, __u64 word)
{
    hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
    return hash ^ hash >> 32;
}

/* room: how many entries the table has. */
static __always_inline struct recent_set *recent_set_of(__u64 hash, __u32 room)
{
    __u32 key = (hash >> 32) * (room / RECENT_PER_SET) >> 32;

    return bpf_map_lookup_elem(&recent, &key);
}

static __always_inline struct recent *recent_find(struct recent_set *set, __u64 hash)
{
    for (int i = 0; i < RECENT_PER_SET; i++)
        if (set->entries[i].hash == hash)
            return &set->entries[i];
    return NULL;
}

/* A new entry instead of the oldest one. Returns whether that was seen within `idle` ns. */
static __always_inline _Bool recent_enter(struct recent_set *set, __u64 hash, __u64 now, __u64 idle)
{
    struct recent *oldest = &set->entries[0];
    _Bool displaced;

    for (int i = 1; i < RECENT_PER_SET; i++)
        if (set->entries[i].time < oldest->time)
            oldest = &set->entries[i];
    displaced = oldest->hash && now - oldest->time <= idle;
    if (displaced)
        forgotten_count();
    oldest->hash = hash;
    oldest->time = now;
    return displaced;
}
