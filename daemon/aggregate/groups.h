// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The groups of all windows that are open or wait to be output, in memory of a fixed size.
 *
 *     hash index                places
 *     [.][3][.][.][1][2]  ──▶   1: group: head | stored key | the values' states
 *                               2: ...
 *
 *     pane ──▶ 2 ──▶ 7 ──▶ 4         the groups of one window, in order of arrival
 *
 * A pane has at most `most` groups; what is beyond it goes to the pane's one `other` group, or
 * makes room: then a group with few records goes there. Owned by one thread; counters may be read
 * by any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/hash_index.h"
#include "expr/key.h"

enum {
    GROUPS_MAX = 1024 * 1024, /* of one window */
    GROUPS_CANDIDATES = 16,   /* looked at for the smallest */
    GROUPS_NONE = 0,          /* as a group's number: they count from 1 */
};

struct group {
    uint64_t hash;
    uint32_t pane; /* its number */
    uint32_t next; /* in its pane; 0: the last */
    uint64_t records;
    uint32_t stamp; /* of the batch that touched it last */
    bool other;
    bool indexed;
    uint8_t era;          /* of a session, see sessions.h */
    bool cut;             /* a session that was not over when it was ended */
    int64_t since, until; /* of a session: its first and its last record */
};

struct pane {
    uint32_t count; /* groups in its list */
    uint32_t first, last;
    uint32_t other; /* the group; 0: none yet */
    uint32_t gone;  /* groups that left the index and are still in the list */
};

/* Groups that count towards the most that a pane can have. */
static inline uint32_t pane_own(const struct pane *pane)
{
    return pane->count - pane->gone - (pane->other != GROUPS_NONE);
}

/* Takes what a group holds into another: of the one that has to go. */
typedef void (*groups_merge)(void *data, struct group *into, const struct group *from);

/* Where groups are found. It never changes, so loops hold a copy in locals. */
struct groups_table {
    struct packed_keys packed;
    struct hash_index index; /* its rows are the places */
    char *memory;
    size_t place_size;
};

struct groups {
    const struct key *key; /* NULL: one group per pane */
    struct groups_table table;
    uint32_t places;
    uint32_t most;
    bool evicts;
    groups_merge merge;
    void *merge_data;
    size_t memory_size;
    uint32_t *free; /* a stack */
    uint32_t n_free;
    uint32_t stamp;
    uint32_t hand;
    counter used;
    counter overflowed; /* records that went to an `other` group */
    counter evicted;    /* groups that did */
};

/* Bytes that so many places take, with the index and the list of free ones. */
size_t groups_memory(const struct key *key, uint32_t places, size_t state_size);

/* key stays the caller's. state_size: of all values. 0 or -ENOMEM. */
int groups_init(struct groups *groups, const struct key *key, uint32_t places, uint32_t most,
                size_t state_size);

/* Frees the memory; accepts a zeroed one. */
void groups_deinit(struct groups *groups);

/* Offset of the states from the group's beginning. */
size_t groups_state_offset(const struct key *key);

/* A batch begins: groups that are handed out from here on stay where they are. */
void groups_begin(struct groups *groups);

/* What a hash is in a pane of that number: it is mixed well already, so the same keys need only lie
 * elsewhere. */
static inline uint64_t groups_hash(uint64_t hash, uint64_t pane)
{
    return hash + (pane + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Fetches ahead where the hash will be looked for, and then the group that is there. */
static inline void groups_prefetch_slot(const struct groups *groups, uint64_t hash)
{
    __builtin_prefetch(hash_index_home(&groups->table.index, hash));
}
/* A group that is likely to be it, or NULL. */
struct group *groups_guess(const struct groups *groups, uint64_t hash);

/* The group of the view of that index in the pane; made when there is none. hash is that of
 * groups_hash(). NULL: there is no place left, not even for the `other` group. */
struct group *groups_get(struct groups *groups, struct pane *pane, uint32_t pane_number,
                         uint32_t index, uint64_t hash);
/* The pane's group for all that have none of their own; made when there is none. NULL: there is no
 * place left. */
struct group *groups_other(struct groups *groups, struct pane *pane, uint32_t pane_number);
/* The group of the view of that index in the pane; NULL: there is none. Changes nothing. */
struct group *groups_find(const struct groups *groups, uint32_t pane_number, uint32_t index,
                          uint64_t hash);

/* The group of that number, from 1. */
struct group *groups_at(const struct groups *groups, uint32_t number);
static inline void *groups_key(const struct group *group)
{
    return (char *)group + sizeof(*group);
}

/* As groups_guess(), without fetching, and only in the first slot. */
static inline struct group *groups_look(const struct groups_table *table, uint64_t hash)
{
    const struct hash_slot *slot = hash_index_home(&table->index, hash);

    return slot->row != HASH_INDEX_NONE && slot->tag == (uint32_t)hash
               ? (struct group *)(table->memory + (slot->row - 1) * table->place_size)
               : NULL;
}

static inline bool groups_is(const struct groups *groups, const struct group *group,
                             uint32_t pane_number, uint32_t index, uint64_t hash)
{
    if (group->pane != pane_number || !group->indexed)
        return false;
    if (groups->table.packed.words)
        return packed_key_equal(&groups->table.packed, groups->table.packed.step, index,
                                groups_key(group));
    return group->hash == hash &&
           (!groups->key || key_equal(groups->key, index, groups_key(group)));
}

/* A record more in a group that was guessed right. */
static inline void groups_touch(struct group *group, uint32_t stamp)
{
    group->stamp = stamp;
    group->records++;
}

/* Takes the group out of the index; it stays in its pane. */
void groups_unindex(struct groups *groups, struct group *group);
/* Takes the pane's first group out of it; 0: there is none. It keeps its place until
 * groups_release(). */
uint32_t groups_pop(struct groups *groups, struct pane *pane);
/* Adds the group at the end of the pane's list; it is in no other. */
void groups_push(struct groups *groups, struct pane *pane, uint32_t number);

/* Gives the group's place back; it is in no pane any more. Its memory stays as it is until the
 * place is taken again. */
void groups_release(struct groups *groups, uint32_t number);
