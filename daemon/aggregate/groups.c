// SPDX-License-Identifier: Apache-2.0

/* One table for all windows: the window's number goes into the hash. So a window needs no table of
 * its own to begin, and one that ends is put out in slices while the next one is filled.
 *
 * The table is not cleared at a window's end, its groups leave one by one; a new group's memory is
 * zeroed when it is taken. */

#include "aggregate/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

size_t groups_state_offset(const struct key *key)
{
    return sizeof(struct group) + (key ? key_size(key) : 0);
}

static size_t place_size(const struct key *key, size_t state_size)
{
    return (groups_state_offset(key) + state_size + 15) / 16 * 16;
}

size_t groups_memory(const struct key *key, uint32_t places, size_t state_size)
{
    return (size_t)places * (place_size(key, state_size) + sizeof(uint32_t)) +
           hash_index_size(places);
}

/* Pages come zeroed when they are first touched, large ones where the kernel has them: with small
 * ones each group costs a walk of the page tables besides. */
static void *take_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

int groups_init(struct groups *groups, const struct key *key, uint32_t places, uint32_t most,
                size_t state_size)
{
    void *memory;

    memset(groups, 0, sizeof(*groups));
    groups->key = key;
    groups->table.packed = key ? key_packed(key) : (struct packed_keys){0};
    groups->places = places;
    groups->most = most;
    groups->table.place_size = place_size(key, state_size);
    groups->memory_size = hash_index_size(places) + places * groups->table.place_size;
    groups->free = calloc(places, sizeof(*groups->free));
    memory = take_memory(groups->memory_size);
    groups->table.index = hash_index_over(memory, places);
    if (!groups->free || !memory) {
        groups_deinit(groups);
        return -ENOMEM;
    }
    groups->table.memory = (char *)memory + hash_index_size(places);
    while (groups->n_free < places) {
        groups->free[groups->n_free] = places - groups->n_free;
        groups->n_free++;
    }
    return 0;
}

void groups_deinit(struct groups *groups)
{
    free(groups->free);
    if (groups->table.index.slots)
        munmap(groups->table.index.slots, groups->memory_size);
    memset(groups, 0, sizeof(*groups));
}

struct group *groups_at(const struct groups *groups, uint32_t number)
{
    return (struct group *)(groups->table.memory + (number - 1) * groups->table.place_size);
}

static uint32_t number_of(const struct groups *groups, const struct group *group)
{
    return (uint32_t)((size_t)((const char *)group - groups->table.memory) /
                      groups->table.place_size) +
           1;
}

/* ---- the index ------------------------------------------------------------------------------- */

struct group *groups_guess(const struct groups *groups, uint64_t hash)
{
    uint32_t at = (uint32_t)hash, number = hash_index_next(&groups->table.index, hash, &at);
    struct group *group;

    if (number == GROUPS_NONE)
        return NULL;
    group = groups_at(groups, number);
    __builtin_prefetch(group, 1);
    __builtin_prefetch((const char *)group + 64, 1);
    __builtin_prefetch((const char *)group + 128, 1);
    return group;
}

struct group *groups_find(const struct groups *groups, uint32_t pane_number, uint32_t index,
                          uint64_t hash)
{
    uint32_t at = (uint32_t)hash, number;

    while ((number = hash_index_next(&groups->table.index, hash, &at)) != GROUPS_NONE)
        if (groups_is(groups, groups_at(groups, number), pane_number, index, hash))
            return groups_at(groups, number);
    return NULL;
}

void groups_unindex(struct groups *groups, struct group *group)
{
    if (group->indexed)
        hash_index_remove(&groups->table.index, group->hash, number_of(groups, group));
    group->indexed = false;
}

/* ---- panes ----------------------------------------------------------------------------------- */

void groups_push(struct groups *groups, struct pane *pane, uint32_t number)
{
    groups_at(groups, number)->next = GROUPS_NONE;
    if (pane->last)
        groups_at(groups, pane->last)->next = number;
    else
        pane->first = number;
    pane->last = number;
    pane->count++;
}

uint32_t groups_pop(struct groups *groups, struct pane *pane)
{
    uint32_t number = pane->first;

    if (number == GROUPS_NONE)
        return GROUPS_NONE;
    pane->first = groups_at(groups, number)->next;
    if (pane->first == GROUPS_NONE)
        pane->last = GROUPS_NONE;
    pane->count--;
    return number;
}

void groups_release(struct groups *groups, uint32_t number)
{
    groups_unindex(groups, groups_at(groups, number));
    groups->free[groups->n_free++] = number;
    atomic_store_explicit(&groups->used, groups->places - groups->n_free, memory_order_relaxed);
}

/* ---- taking places --------------------------------------------------------------------------- */

void groups_begin(struct groups *groups)
{
    groups->stamp++;
}

/* A zeroed group in the pane, without a key. */
static struct group *take_place(struct groups *groups, struct pane *pane, uint32_t pane_number)
{
    struct group *group;
    uint32_t number;

    if (groups->n_free == 0)
        return NULL;
    number = groups->free[--groups->n_free];
    atomic_store_explicit(&groups->used, groups->places - groups->n_free, memory_order_relaxed);
    group = groups_at(groups, number);
    memset(group, 0, groups->table.place_size);
    group->pane = pane_number;
    groups_push(groups, pane, number);
    return group;
}

struct group *groups_other(struct groups *groups, struct pane *pane, uint32_t pane_number)
{
    struct group *other;

    if (pane->other)
        return groups_at(groups, pane->other);
    other = take_place(groups, pane, pane_number);
    if (!other)
        return NULL;
    other->other = true;
    pane->other = number_of(groups, other);
    return other;
}

/* The one with the fewest records of some that the hand passes: of this pane, and not needed by the
 * batch in hand. NULL: there was none. */
static struct group *choose_victim(struct groups *groups, uint32_t pane_number)
{
    struct group *best = NULL;

    for (uint32_t seen = 0, step = 0; seen < GROUPS_CANDIDATES && step < 4 * GROUPS_CANDIDATES;
         step++) {
        struct group *group;

        groups->hand = groups->hand < groups->places ? groups->hand + 1 : 1;
        group = groups_at(groups, groups->hand);
        if (!group->indexed || group->pane != pane_number || group->stamp == groups->stamp)
            continue;
        seen++;
        if (!best || group->records < best->records)
            best = group;
    }
    return best;
}

/* Of sessions. */
static void span_both(struct group *into, const struct group *from)
{
    if (into->records == 0 || from->since < into->since)
        into->since = from->since;
    if (into->records == 0 || from->until > into->until)
        into->until = from->until;
}

/* A group's place for another key; what it held goes to `other`. */
static struct group *make_room(struct groups *groups, uint32_t pane_number, struct group *other)
{
    struct group *victim = choose_victim(groups, pane_number);
    uint32_t next;

    if (!victim)
        return NULL;
    groups->merge(groups->merge_data, other, victim);
    span_both(other, victim);
    other->records += victim->records;
    counter_add(&groups->evicted, 1);
    groups_unindex(groups, victim);
    next = victim->next;
    memset(victim, 0, groups->table.place_size);
    victim->pane = pane_number;
    victim->next = next; /* it keeps its place in the pane's list */
    return victim;
}

static struct group *add(struct groups *groups, struct pane *pane, uint32_t pane_number)
{
    struct group *other, *group = NULL;

    if (pane_own(pane) < groups->most && groups->n_free > 1)
        return take_place(groups, pane, pane_number);
    other = groups_other(groups, pane, pane_number);
    if (other && groups->evicts)
        group = make_room(groups, pane_number, other);
    if (group || !other)
        return group;
    counter_add(&groups->overflowed, 1);
    return other;
}

struct group *groups_get(struct groups *groups, struct pane *pane, uint32_t pane_number,
                         uint32_t index, uint64_t hash)
{
    struct group *group = groups_find(groups, pane_number, index, hash);

    if (!group) {
        group = add(groups, pane, pane_number);
        if (!group)
            return NULL;
        if (!group->other) {
            group->hash = hash;
            if (groups->key)
                key_store(groups->key, index, groups_key(group));
            hash_index_add(&groups->table.index, hash, number_of(groups, group));
            group->indexed = true;
        }
    }
    groups_touch(group, groups->stamp);
    return group;
}
