// SPDX-License-Identifier: Apache-2.0
#include "aggregate/label_sets.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 20, SETS = 50, ROUNDS = 20000 };

static void sets_stay_and_have_a_limit(void **state)
{
    struct label_sets sets;

    (void)state;
    assert_int_equal(label_sets_init(&sets, 3, 1, sizeof(uint64_t), 32), 0);
    for (uint64_t key = 1; key <= 3; key++) {
        char labels[32];

        assert_true(label_sets_have_room(&sets));
        assert_int_equal(label_sets_find(&sets, &key), LABEL_SETS_REST);
        snprintf(labels, sizeof(labels), "key=\"%lu\"", (unsigned long)key);
        assert_int_equal(label_sets_add(&sets, &key, labels), key);
    }
    assert_false(label_sets_have_room(&sets));
    assert_int_equal(label_sets_count(&sets), 3);
    for (uint64_t key = 1; key <= 3; key++)
        assert_int_equal(label_sets_find(&sets, &key), key);
    assert_string_equal(label_sets_labels(&sets, 2), "key=\"2\"");
    label_sets_deinit(&sets);
}

static void no_two_sets_have_the_same_labels(void **state)
{
    uint64_t one = 1, other = 2, words;
    struct label_sets sets;

    (void)state;
    assert_int_equal(label_sets_init(&sets, 3, 1, sizeof(uint64_t), 32), 0);
    assert_int_equal(label_sets_add(&sets, &one, "a"), 1);
    assert_int_equal(label_sets_add(&sets, &other, "a"), LABEL_SETS_REST);
    assert_int_equal(label_sets_find(&sets, &other), LABEL_SETS_REST);
    assert_int_equal(label_sets_count(&sets), 1);
    assert_false(label_sets_read(&sets, 1, &words)); /* nobody has written any */
    label_sets_deinit(&sets);
}

/* ---- two threads ----------------------------------------------------------------------------- */

static void write_all(struct label_sets *sets, uint32_t set, uint64_t number)
{
    _Atomic uint64_t *words = label_sets_begin(sets, set);

    for (uint32_t i = 0; i < WORDS; i++)
        atomic_store_explicit(&words[i], number, memory_order_relaxed);
    label_sets_end(sets, set);
}

static void *write_numbers(void *data)
{
    struct label_sets *sets = data;
    char labels[32];

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t key = round % SETS + 1;
        uint32_t set = label_sets_find(sets, &key);

        snprintf(labels, sizeof(labels), "%lu", (unsigned long)key);
        if (set == LABEL_SETS_REST)
            set = label_sets_add(sets, &key, labels);
        write_all(sets, set, round);
    }
    return NULL;
}

/* Of any set the numbers are all of one write, and never older than those seen before. */
static void a_reader_sees_whole_writes(void **state)
{
    uint64_t words[WORDS], before[SETS + 1] = {0};
    struct label_sets sets;
    pthread_t writer;

    (void)state;
    assert_int_equal(label_sets_init(&sets, SETS, WORDS, sizeof(uint64_t), 32), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_numbers, &sets), 0);
    while (before[ROUNDS % SETS + 1] < ROUNDS)
        for (uint32_t set = 1; set <= label_sets_count(&sets); set++) {
            uint32_t key = 0;

            assert_int_equal(sscanf(label_sets_labels(&sets, set), "%u", &key), 1);
            if (!label_sets_read(&sets, set, words))
                continue;
            for (uint32_t i = 1; i < WORDS; i++)
                assert_int_equal(words[i], words[0]);
            assert_true(words[0] >= before[key]);
            before[key] = words[0];
        }
    pthread_join(writer, NULL);
    label_sets_deinit(&sets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_stay_and_have_a_limit),
        cmocka_unit_test(no_two_sets_have_the_same_labels),
        cmocka_unit_test(a_reader_sees_whole_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
