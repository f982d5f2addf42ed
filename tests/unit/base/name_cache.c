// SPDX-License-Identifier: Apache-2.0

/* One thread fills, others read what is whole or nothing. */

#include "base/name_cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct name_entry entry_of(uint32_t kind, uint64_t id, const char *name)
{
    struct name_entry entry = {.kind = kind, .id = id, .known = name != NULL, .expires = 7};

    if (name) {
        entry.length = (uint32_t)strlen(name);
        memcpy(entry.name, name, entry.length);
    }
    return entry;
}

static void put(struct name_cache *cache, uint32_t kind, uint64_t id, const char *name, int64_t now)
{
    const struct name_entry entry = entry_of(kind, id, name);

    name_cache_put(cache, &entry, now);
}

static void puts_and_gets(void **state)
{
    struct name_cache *cache = name_cache_new(64);
    uint32_t version = name_cache_version(cache);
    struct name_entry got;

    (void)state;
    assert_false(name_cache_get(cache, 0, 0, 1, &got));
    put(cache, 0, 0, "root", 1);
    put(cache, 1, 0, "wheel", 1);
    put(cache, 1, UINT64_MAX, NULL, 1);
    assert_int_not_equal(name_cache_version(cache), version);
    assert_true(name_cache_get(cache, 0, 0, 1, &got));
    assert_true(got.known);
    assert_int_equal(got.length, 4);
    assert_memory_equal(got.name, "root", 4);
    assert_int_equal(got.expires, 7);
    assert_true(name_cache_get(cache, 1, 0, 1, &got));
    assert_memory_equal(got.name, "wheel", got.length);
    assert_true(name_cache_get(cache, 1, UINT64_MAX, 1, &got));
    assert_false(got.known);
    assert_false(name_cache_get(cache, 0, UINT64_MAX, 1, &got));

    put(cache, 0, 0, "toor", 1); /* in its place */
    assert_true(name_cache_get(cache, 0, 0, 1, &got));
    assert_memory_equal(got.name, "toor", 4);
    assert_int_equal(name_cache_count(cache), 3);
    assert_int_equal(name_cache_evicted(cache), 0);
    name_cache_free(cache);
    name_cache_free(NULL);
}

static void longest_name(void **state)
{
    struct name_cache *cache = name_cache_new(1);
    struct name_entry entry = {.id = 1, .known = true, .length = NAME_CACHE_NAME_MAX}, got;

    (void)state;
    for (uint32_t i = 0; i < entry.length; i++)
        entry.name[i] = (char)i;
    name_cache_put(cache, &entry, 1);
    assert_true(name_cache_get(cache, 0, 1, 1, &got));
    assert_int_equal(got.length, entry.length);
    assert_memory_equal(got.name, entry.name, entry.length);
    name_cache_free(cache);
}

/* The one that was used longest ago gives way, and what is full stays bounded. */
static void evicts(void **state)
{
    struct name_cache *cache = name_cache_new(NAME_CACHE_WAYS); /* one set */
    struct name_entry got;

    (void)state;
    for (uint64_t id = 0; id < NAME_CACHE_WAYS; id++)
        put(cache, 0, id, "x", (int64_t)id + 1);
    assert_true(name_cache_get(cache, 0, 0, 10, &got)); /* now 1 is the oldest */
    put(cache, 0, 100, "new", 11);
    assert_true(name_cache_get(cache, 0, 100, 12, &got));
    assert_true(name_cache_get(cache, 0, 0, 12, &got));
    assert_false(name_cache_get(cache, 0, 1, 12, &got));
    assert_int_equal(name_cache_evicted(cache), 1);
    assert_int_equal(name_cache_count(cache), NAME_CACHE_WAYS);
    for (uint64_t id = 1000; id < 2000; id++)
        put(cache, 0, id, "x", (int64_t)id);
    assert_int_equal(name_cache_count(cache), NAME_CACHE_WAYS);
    assert_int_equal(name_cache_evicted(cache), 1001);
    name_cache_free(cache);
}

/* ---- while it changes ------------------------------------------------------------------------ */

enum { READERS = 3, CHANGES = 200000, IDS = 16 };

struct race {
    struct name_cache *cache;
    atomic_bool over;
    _Atomic uint64_t hits;
};

/* A name that says its id and repeats one letter, so that half of another shows. */
static void fill(struct name_entry *entry, uint64_t id, uint32_t round)
{
    *entry = (struct name_entry){.id = id, .known = round % 7 != 0, .expires = (int64_t)id};
    entry->length = entry->known ? 8 + round % 200 : 0;
    memset(entry->name, 'a' + (int)(round % 26), entry->length);
    if (entry->known)
        memcpy(entry->name, &id, 8);
}

static bool is_whole(const struct name_entry *entry, uint64_t id)
{
    uint64_t said;

    if (!entry->known)
        return entry->length == 0 && entry->expires == (int64_t)id;
    memcpy(&said, entry->name, 8);
    for (uint32_t i = 9; i < entry->length; i++)
        if (entry->name[i] != entry->name[8])
            return false;
    return said == id && entry->expires == (int64_t)id;
}

static void *read_on(void *data)
{
    struct race *race = data;
    uint64_t torn = 0, hits = 0;
    struct name_entry got;

    for (uint64_t i = 0; !atomic_load(&race->over); i++)
        if (name_cache_get(race->cache, 0, i % IDS, (int64_t)i, &got)) {
            hits++;
            torn += !is_whole(&got, i % IDS);
        }
    atomic_fetch_add(&race->hits, hits);
    return (void *)torn;
}

static void never_torn(void **state)
{
    struct race race = {.cache = name_cache_new(8)}; /* two sets, so ids put each other out */
    pthread_t readers[READERS];
    struct name_entry entry;
    void *torn;

    (void)state;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &race), 0);
    for (uint32_t i = 0; i < CHANGES; i++) {
        fill(&entry, i * 7 % IDS, i);
        name_cache_put(race.cache, &entry, i);
    }
    atomic_store(&race.over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], &torn);
        assert_null(torn);
    }
    print_message("%lu hits\n", (unsigned long)atomic_load(&race.hits));
    name_cache_free(race.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_and_gets),
        cmocka_unit_test(longest_name),
        cmocka_unit_test(evicts),
        cmocka_unit_test(never_torn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
