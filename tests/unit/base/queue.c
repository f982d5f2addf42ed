// SPDX-License-Identifier: Apache-2.0
#include "base/queue.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void *number(uintptr_t value)
{
    return (void *)value;
}

static void keeps_order(void **state)
{
    struct queue queue;

    (void)state;
    assert_int_equal(queue_init(&queue, 4), 0);
    for (uintptr_t i = 1; i <= 3; i++)
        assert_true(queue_push(&queue, number(i)));
    for (uintptr_t i = 1; i <= 3; i++)
        assert_ptr_equal(queue_pop(&queue), number(i));
    queue_deinit(&queue);
}

static void full_turns_away_and_keeps_what_it_has(void **state)
{
    struct queue queue;

    (void)state;
    assert_int_equal(queue_init(&queue, 2), 0);
    assert_true(queue_push(&queue, number(1)));
    assert_true(queue_push(&queue, number(2)));
    assert_false(queue_push(&queue, number(3)));
    assert_ptr_equal(queue_pop(&queue), number(1));
    assert_true(queue_push(&queue, number(4)));
    assert_false(queue_push(&queue, number(5)));
    assert_ptr_equal(queue_pop(&queue), number(2));
    assert_ptr_equal(queue_pop(&queue), number(4));
    assert_null(queue_pop(&queue));
    queue_deinit(&queue);
}

static void says_when_it_is_empty(void **state)
{
    struct queue queue;

    (void)state;
    assert_int_equal(queue_init(&queue, 1), 0);
    assert_true(queue_empty(&queue));
    assert_null(queue_pop(&queue));
    assert_true(queue_push(&queue, number(1)));
    assert_false(queue_empty(&queue));
    assert_ptr_equal(queue_pop(&queue), number(1));
    assert_true(queue_empty(&queue));
    assert_null(queue_pop(&queue));
    queue_deinit(&queue);
}

/* The least power of two that has the room. */
static void capacity_is_at_least_what_was_asked_for(void **state)
{
    static const uint32_t asked[] = {1, 2, 3, 4, 5, 63, 64, 65};
    static const uint32_t given[] = {1, 2, 4, 4, 8, 64, 64, 128};

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct queue queue;
        uint32_t pushed = 0;

        assert_int_equal(queue_init(&queue, asked[i]), 0);
        while (queue_push(&queue, &queue))
            pushed++;
        assert_int_equal(pushed, given[i]);
        queue_deinit(&queue);
    }
}

static void counts_wrap_at_32_bits(void **state)
{
    struct queue queue;
    uintptr_t next_in = 1, next_out = 1;

    (void)state;
    assert_int_equal(queue_init(&queue, 4), 0);
    atomic_store(&queue.head, UINT32_MAX - 5);
    atomic_store(&queue.tail, UINT32_MAX - 5);
    for (int round = 0; round < 5; round++) {
        assert_true(queue_empty(&queue));
        for (int i = 0; i < 4; i++)
            assert_true(queue_push(&queue, number(next_in++)));
        assert_false(queue_push(&queue, number(999)));
        for (int i = 0; i < 4; i++)
            assert_ptr_equal(queue_pop(&queue), number(next_out++));
        assert_null(queue_pop(&queue));
    }
    assert_int_equal(atomic_load(&queue.head), 14);
    queue_deinit(&queue);
}

static void deinit_accepts_a_zeroed_one_and_twice(void **state)
{
    struct queue queue = {0};

    (void)state;
    queue_deinit(&queue);
    assert_int_equal(queue_init(&queue, 8), 0);
    queue_deinit(&queue);
    queue_deinit(&queue);
}

enum { ITEMS = 1000 * 1000, BOXES = 1024 };

/* What each pointer points to is written before the push and read after the pop: under TSan a
 * missing barrier is a data race on it. More boxes than slots, so none is reused while under way.
 */
struct passage {
    struct queue queue;
    uintptr_t boxes[BOXES];
};

static void *push_all(void *data)
{
    struct passage *passage = data;

    for (uintptr_t i = 0; i < ITEMS; i++) {
        uintptr_t *box = &passage->boxes[i % BOXES];

        /* the box is free: pushes are at most 64 ahead, and the popper reads before it pops on */
        while (i - atomic_load_explicit(&passage->queue.head, memory_order_acquire) >= 64)
            sched_yield();
        *box = i;
        while (!queue_push(&passage->queue, box))
            sched_yield();
    }
    return NULL;
}

static void hands_over_between_two_threads(void **state)
{
    static struct passage passage;
    pthread_t pusher;
    uintptr_t wrong = 0;

    (void)state;
    assert_int_equal(queue_init(&passage.queue, 64), 0);
    assert_int_equal(pthread_create(&pusher, NULL, push_all, &passage), 0);
    for (uintptr_t i = 0; i < ITEMS; i++) {
        uintptr_t *box;

        while (!(box = queue_pop(&passage.queue)))
            sched_yield();
        wrong += *box != i;
    }
    pthread_join(pusher, NULL);
    assert_int_equal(wrong, 0);
    assert_true(queue_empty(&passage.queue));
    queue_deinit(&passage.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(full_turns_away_and_keeps_what_it_has),
        cmocka_unit_test(says_when_it_is_empty),
        cmocka_unit_test(capacity_is_at_least_what_was_asked_for),
        cmocka_unit_test(counts_wrap_at_32_bits),
        cmocka_unit_test(deinit_accepts_a_zeroed_one_and_twice),
        cmocka_unit_test(hands_over_between_two_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
