// SPDX-License-Identifier: Apache-2.0
/* A binary heap: each record costs a sift down of log2(rings) steps, and empty rings are checked
 * once per watermark, not once per record. A run of records from the same ring stays at the top and
 * costs one comparison. */
#include "ring/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct merge *merge_new(uint32_t offset, uint64_t hold)
{
    struct merge *merge = calloc(1, sizeof(*merge));

    if (!merge)
        return NULL;
    merge->offset = offset;
    merge->hold = hold;
    return merge;
}

void merge_free(struct merge *merge)
{
    if (!merge)
        return;
    merge_reset(merge);
    for (uint32_t i = 0; i < merge->n_rings; i++)
        merge->rings[i]->merge = NULL;
    free(merge->rings);
    free(merge->entries);
    free(merge);
}

int merge_add(struct merge *merge, struct ringmill_ring *ring)
{
    uint32_t count = merge->n_rings + 1;
    struct merge_entry *entries = reallocarray(merge->entries, count, sizeof(*entries));
    struct ringmill_ring **rings;

    if (!entries)
        return -ENOMEM;
    merge->entries = entries;
    rings = reallocarray(merge->rings, count, sizeof(struct ringmill_ring *));
    if (!rings)
        return -ENOMEM;
    merge->rings = rings;
    merge_reset(merge);
    merge->rings[merge->n_rings++] = ring;
    ring->merge = merge;
    return 0;
}

void merge_remove(struct merge *merge, struct ringmill_ring *ring)
{
    uint32_t i = 0;

    merge_reset(merge);
    while (merge->rings[i] != ring)
        i++;
    merge->n_rings--;
    memmove(&merge->rings[i], &merge->rings[i + 1], (merge->n_rings - i) * sizeof(merge->rings[0]));
    ring->merge = NULL;
}

void merge_reset(struct merge *merge)
{
    for (uint32_t i = 0; i < merge->n; i++)
        merge->entries[i].ring->merging = false;
    merge->n = 0;
}

static void sift_down(struct merge *merge, struct merge_entry entry)
{
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < merge->n && merge->entries[child + 1].key < merge->entries[child].key)
            child++;
        if (child >= merge->n || entry.key <= merge->entries[child].key)
            break;
        merge->entries[at] = merge->entries[child];
        at = child;
    }
    merge->entries[at] = entry;
}

static void push(struct merge *merge, struct merge_entry entry)
{
    uint32_t at = merge->n++;

    while (at > 0 && entry.key < merge->entries[(at - 1) / 2].key) {
        merge->entries[at] = merge->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->entries[at] = entry;
    entry.ring->merging = true;
}

static void pop(struct merge *merge)
{
    merge->entries[0].ring->merging = false;
    if (--merge->n > 0)
        sift_down(merge, merge->entries[merge->n]);
}

/* Reads the key of the next record without taking it. False if there is none within the limit that
 * is known. */
static bool peek(const struct merge *merge, struct ringmill_ring *ring, uint64_t *ret_key)
{
    struct walk walk = ring->walk;
    struct ringmill_view view;
    uint64_t key;

    walk.no_prefetch = true;
    if (ring_step(ring, &walk, &view) != WALK_VIEW)
        return false;
    key = ring->merge_key;
    if (view.length >= sizeof(key) && merge->offset <= view.length - sizeof(key))
        memcpy(&key, (const uint8_t *)view.data + merge->offset, sizeof(key));
    ring->merge_key = key;
    *ret_key = key;
    return true;
}

/* Skips discarded records at the head of the ring. */
static void skip(struct ringmill_ring *ring)
{
    struct ringmill_view view;
    struct walk walk = ring->walk;

    if (ring_step(ring, &walk, &view) == WALK_VIEW)
        return;
    walk.guess = ring->walk.guess;
    ring->walk = walk;
    ring_count(ring, 0, 0);
    ring_skip_discards(ring);
}

static int look_at_ring(struct merge *merge, struct ringmill_ring *ring)
{
    struct merge_entry entry = {.ring = ring};

    for (;;) {
        enum ring_state state = ring_look(ring);

        if (state == RING_CORRUPT && !ring->corrupt_told) {
            ring->corrupt_told = true;
            return -EBADMSG;
        }
        if (state != RING_READABLE)
            return 0;
        if (peek(merge, ring, &entry.key)) {
            push(merge, entry);
            return 0;
        }
        skip(ring);
    }
}

/* Whether a ring can give records; other rings count as neither empty nor full. */
static bool takes_part(const struct ringmill_ring *ring)
{
    return !ring->paused && !ring->corrupt_told;
}

static int look_at_empty_rings(struct merge *merge, uint64_t now, bool *ret_all)
{
    bool all = true;

    for (uint32_t i = 0; i < merge->n_rings; i++) {
        struct ringmill_ring *ring = merge->rings[i];

        if (ring->merging || !takes_part(ring))
            continue;
        int r = look_at_ring(merge, ring);
        if (r < 0)
            return r;
        all &= ring->merging;
    }
    merge->watermark = now > merge->hold ? now - merge->hold : 0;
    *ret_all = all;
    return 0;
}

int merge_look(struct merge *merge, uint64_t *ret_due)
{
    uint64_t now;
    bool all;
    int r;

    if (merge->n > 0 && (merge->n == merge->n_rings || merge->entries[0].key <= merge->watermark))
        return 1;
    now = ring_now();
    r = look_at_empty_rings(merge, now, &all);
    if (r < 0)
        return r;
    if (merge->n == 0) {
        *ret_due = RINGMILL_FOREVER;
        return 0;
    }
    if (all || merge->entries[0].key <= merge->watermark)
        return 1;
    if (merge->entries[0].key > now && merge->entries[0].key - now > MERGE_AHEAD_MAX)
        return 1;
    *ret_due = merge->entries[0].key + merge->hold;
    return 0;
}

/* The smallest key of the other rings. */
static uint64_t second_key(const struct merge *merge)
{
    uint64_t key = UINT64_MAX;

    for (uint32_t i = 1; i < merge->n && i <= 2; i++)
        if (merge->entries[i].key < key)
            key = merge->entries[i].key;
    return key;
}

uint32_t merge_take(struct merge *merge, struct ringmill_view *ret_views, uint32_t capacity,
                    struct ringmill_ring **ret_ring)
{
    struct ringmill_ring *ring = merge->entries[0].ring;
    uint64_t bound = second_key(merge);
    bool all = merge->n == merge->n_rings;
    struct merge_entry next = {.ring = ring};
    uint64_t bytes = 0;
    uint32_t n = 0;
    bool more = false;

    if (!all && bound > merge->watermark)
        bound = merge->watermark;
    do {
        if (ring_step(ring, &ring->walk, &ret_views[n]) != WALK_VIEW)
            break; /* the length was overwritten since the peek; the next look reports it */
        bytes += ret_views[n].length;
        ring->given = ring->walk.position;
        n++;
        more = peek(merge, ring, &next.key);
    } while (more && n < capacity && next.key <= bound);
    ring_count(ring, n, bytes);
    /* What the ring received while it was in the heap may be older than the watermark, which covers
     * only the rings that were empty then. So it leaves the heap only if it is empty now. */
    if (n > 0 && !more)
        more = ring_look(ring) == RING_READABLE && peek(merge, ring, &next.key);
    if (n > 0 && more)
        sift_down(merge, next);
    else
        pop(merge);
    *ret_ring = ring;
    return n;
}
