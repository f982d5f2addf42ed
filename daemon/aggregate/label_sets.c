// SPDX-License-Identifier: Apache-2.0

/* Two groups may look the same where their keys are not: a text that was cut, a byte that is no
 * UTF-8. Two samples of the same labels would make a page that no reader takes, so there is a
 * second index, by the labels' text. */

#include "aggregate/label_sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

size_t label_sets_memory(uint32_t most, uint32_t n_words, size_t key_size, size_t labels_room)
{
    return ((size_t)most + 1) * (key_size + labels_room + (n_words + 1) * sizeof(uint64_t)) +
           2 * hash_index_size(most);
}

int label_sets_init(struct label_sets *sets, uint32_t most, uint32_t n_words, size_t key_size,
                    size_t labels_room)
{
    memset(sets, 0, sizeof(*sets));
    sets->most = most;
    sets->n_words = n_words;
    sets->key_size = key_size;
    sets->labels_room = labels_room;
    sets->by_key = hash_index_over(calloc(1, hash_index_size(most)), most);
    sets->by_labels = hash_index_over(calloc(1, hash_index_size(most)), most);
    sets->keys = calloc(most + 1, key_size + 1);
    sets->labels = calloc(most + 1, labels_room);
    sets->words = calloc(most + 1, (n_words + 1) * sizeof(*sets->words));
    if (sets->by_key.slots && sets->by_labels.slots && sets->keys && sets->labels && sets->words)
        return 0;
    label_sets_deinit(sets);
    return -ENOMEM;
}

void label_sets_deinit(struct label_sets *sets)
{
    free(sets->by_key.slots);
    free(sets->by_labels.slots);
    free(sets->keys);
    free(sets->labels);
    free(sets->words);
    memset(sets, 0, sizeof(*sets));
}

/* ---- finding --------------------------------------------------------------------------------- */

static char *key_of(const struct label_sets *sets, uint32_t set)
{
    return sets->keys + set * sets->key_size;
}

static char *labels_of(const struct label_sets *sets, uint32_t set)
{
    return sets->labels + set * sets->labels_room;
}

const char *label_sets_labels(const struct label_sets *sets, uint32_t set)
{
    return labels_of(sets, set);
}

uint32_t label_sets_find(const struct label_sets *sets, const void *key)
{
    uint64_t hash = XXH3_64bits(key, sets->key_size);
    uint32_t at = (uint32_t)hash, set;

    do
        set = hash_index_next(&sets->by_key, hash, &at);
    while (set != LABEL_SETS_REST && memcmp(key_of(sets, set), key, sets->key_size) != 0);
    return set;
}

static uint32_t find_labels(const struct label_sets *sets, uint64_t hash, const char *labels)
{
    uint32_t at = (uint32_t)hash, set;

    do
        set = hash_index_next(&sets->by_labels, hash, &at);
    while (set != LABEL_SETS_REST && strcmp(labels_of(sets, set), labels) != 0);
    return set;
}

uint32_t label_sets_add(struct label_sets *sets, const void *key, const char *labels)
{
    uint64_t hash = XXH3_64bits(labels, strlen(labels));
    uint32_t set = atomic_load_explicit(&sets->used, memory_order_relaxed) + 1;

    if (find_labels(sets, hash, labels) != LABEL_SETS_REST)
        return LABEL_SETS_REST;
    hash_index_add(&sets->by_labels, hash, set);
    hash_index_add(&sets->by_key, XXH3_64bits(key, sets->key_size), set);
    memcpy(key_of(sets, set), key, sets->key_size);
    strcpy(labels_of(sets, set), labels);
    atomic_store_explicit(&sets->used, set, memory_order_release);
    return set;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static _Atomic uint64_t *words_of(const struct label_sets *sets, uint32_t set)
{
    return &sets->words[(size_t)set * (sets->n_words + 1)];
}

_Atomic uint64_t *label_sets_begin(struct label_sets *sets, uint32_t set)
{
    _Atomic uint64_t *words = words_of(sets, set);
    uint64_t version = atomic_load_explicit(&words[0], memory_order_relaxed);

    atomic_store_explicit(&words[0], version + 1, memory_order_relaxed);
    /* orders the odd version before the first number */
    atomic_thread_fence(memory_order_release);
    return words + 1;
}

void label_sets_end(struct label_sets *sets, uint32_t set)
{
    _Atomic uint64_t *words = words_of(sets, set);
    uint64_t version = atomic_load_explicit(&words[0], memory_order_relaxed);

    atomic_store_explicit(&words[0], version + 1, memory_order_release);
}

bool label_sets_read(const struct label_sets *sets, uint32_t set, uint64_t *ret_words)
{
    const _Atomic uint64_t *words = words_of(sets, set);
    uint64_t version;

    do {
        version = atomic_load_explicit(&words[0], memory_order_acquire);
        for (uint32_t i = 0; i < sets->n_words; i++)
            ret_words[i] = atomic_load_explicit(&words[i + 1], memory_order_relaxed);
        /* orders the last number before the second look at the version */
        atomic_thread_fence(memory_order_acquire);
    } while (version % 2 == 1 || atomic_load_explicit(&words[0], memory_order_relaxed) != version);
    return version > 0;
}
