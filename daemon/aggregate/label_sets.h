// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What an aggregate shows as metrics: for each set of labels some numbers, which the consumer
 * thread writes and the main thread reads.
 *
 *     set 0   of all groups that found no set       labels  [version][number][number]...
 *     set 1   comm="cron"                           labels  [version][number][number]...
 *
 * A set stays for good, since a counter that vanished and came again would have gone backwards; so
 * the first that come get one. Each set has a sequence lock: the writer never waits, and a reader
 * waits for the copy of one set at most. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/hash_index.h"

enum { LABEL_SETS_MAX = 10000, LABEL_SETS_REST = 0 };

struct label_sets {
    /* immutable */
    uint32_t most; /* besides that of the rest */
    uint32_t n_words;
    size_t key_size;
    size_t labels_room;

    /* owned by the consumer thread */
    struct hash_index by_key;    /* its rows are the sets */
    struct hash_index by_labels; /* the same sets, by their text */
    char *keys;

    /* written by the consumer thread, any thread reads */
    _Atomic uint32_t used; /* sets from 1 on; their labels stay as they are */
    char *labels;
    _Atomic uint64_t *words;
    counter turned_away; /* groups that found no set, each time */
};

/* Bytes that it takes. */
size_t label_sets_memory(uint32_t most, uint32_t n_words, size_t key_size, size_t labels_room);
/* labels_room: of the longest labels, with their NUL. 0 or -ENOMEM. */
int label_sets_init(struct label_sets *sets, uint32_t most, uint32_t n_words, size_t key_size,
                    size_t labels_room);

/* Frees the memory; accepts a zeroed one. No thread may read the sets any more. */
void label_sets_deinit(struct label_sets *sets);

/* Consumer thread. The set of a stored key; LABEL_SETS_REST: it has none. */
uint32_t label_sets_find(const struct label_sets *sets, const void *key);
/* There is room for one more. */
static inline bool label_sets_have_room(const struct label_sets *sets)
{
    return atomic_load_explicit(&sets->used, memory_order_relaxed) < sets->most;
}
/* A new set for the key, of these labels, all of whose numbers are 0; there is room.
 * LABEL_SETS_REST: another key has the same labels. */
uint32_t label_sets_add(struct label_sets *sets, const void *key, const char *labels);

/* Consumer thread: the numbers of the set, to be changed until label_sets_end(). */
_Atomic uint64_t *label_sets_begin(struct label_sets *sets, uint32_t set);

/* Consumer thread: readers may use the numbers again. */
void label_sets_end(struct label_sets *sets, uint32_t set);

/* Any thread: sets there are, without that of the rest. */
static inline uint32_t label_sets_count(const struct label_sets *sets)
{
    return atomic_load_explicit(&sets->used, memory_order_acquire);
}

/* Any thread: the labels of a set, which stay as they are. */
const char *label_sets_labels(const struct label_sets *sets, uint32_t set);

/* Any thread: copies the set's n_words numbers, all of one moment. False: none were written yet. */
bool label_sets_read(const struct label_sets *sets, uint32_t set, uint64_t *ret_words);
