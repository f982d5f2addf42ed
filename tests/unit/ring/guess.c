// SPDX-License-Identifier: Apache-2.0
/* What the walk learns from the spans of its records. */
#include "ring/guess.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#include "ring/layout.h"

enum { AREA = 1 << 20 };

struct run {
    struct guess guess;
    uint64_t position;
};

static void walk(struct run *run, int records, const uint32_t *spans, int n_spans)
{
    static uint8_t data[2 * AREA];

    for (int i = 0; i < records; i++) {
        run->position += spans[i % n_spans];
        guess_step(&run->guess, data, AREA - 1, run->position, run->position + AREA / 2,
                   spans[i % n_spans]);
    }
}

static void equal_spans_are_one_fetch_each(void **state)
{
    struct run run = {.position = UINT64_C(0) - 5000};

    (void)state;
    walk(&run, 200, (const uint32_t[]){520}, 1);
    assert_int_equal(run.guess.step, 520);
    assert_true(run.guess.regular);
    assert_true(run.guess.ahead - run.position >= run.guess.reach);
}

static void a_common_divisor_is_a_grid(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 300, (const uint32_t[]){256, 768, 2048, 1280}, 4);
    assert_int_equal(run.guess.step, 256);
    assert_false(run.guess.regular);
}

static void a_fine_grid_means_each_line(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 300, (const uint32_t[]){64, 136, 248}, 3);
    assert_int_equal(run.guess.step, GUESS_LINE);
}

static void long_records_without_a_grid_are_not_fetched(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 300, (const uint32_t[]){4008, 3904, 2952}, 3);
    assert_int_equal(run.guess.step, 0);
    walk(&run, 300, (const uint32_t[]){520}, 1);
    assert_int_equal(run.guess.step, 520);
}

/* Each of them moves it, also those that are as long as the one before. */
static void equal_strangers_move_the_grid_each(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 300, (const uint32_t[]){256, 768, 2048, 1280}, 4);
    for (int i = 1; i < 4; i++) {
        walk(&run, i, (const uint32_t[]){64}, 1);
        assert_int_equal((run.guess.ahead - run.position) % 256, 0);
        walk(&run, 100, (const uint32_t[]){256, 768, 2048, 1280}, 4);
        assert_int_equal((run.guess.ahead - run.position) % 256, 0);
        assert_int_equal(run.guess.step, 256);
    }
}

static void a_stranger_moves_the_grid_but_keeps_it(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 300, (const uint32_t[]){520}, 1);
    for (int i = 0; i < 10; i++) {
        walk(&run, 1, (const uint32_t[]){104}, 1);
        assert_int_equal((run.guess.ahead - run.position) % 520, 0);
        walk(&run, 63, (const uint32_t[]){520}, 1);
        assert_int_equal(run.guess.step, 520);
    }
}

static void records_that_change_after_a_long_time_are_noticed_soon(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 4000, (const uint32_t[]){520}, 1);
    assert_int_equal(run.guess.window, GUESS_LONG);
    walk(&run, 2 * GUESS_WINDOW + 2, (const uint32_t[]){264}, 1);
    assert_int_equal(run.guess.step, 264);
    assert_true(run.guess.regular);
}

/* Near the limit, too: short batches are the usual ones. */
static void regular_records_are_taken_together(void **state)
{
    struct run run = {0};

    (void)state;
    walk(&run, 4000, (const uint32_t[]){520}, 1);
    run.guess.left = 100;
    assert_true(guess_is_steady(&run.guess));
    assert_int_equal(guess_together(&run.guess, 520 * 40, 32), 32);
    assert_int_equal(guess_together(&run.guess, 520 * 9, 32), 8);
    assert_int_equal(guess_together(&run.guess, 519, 32), 0);
    run.guess.left = 7;
    assert_int_equal(guess_together(&run.guess, 520 * 40, 32), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_spans_are_one_fetch_each),
        cmocka_unit_test(a_common_divisor_is_a_grid),
        cmocka_unit_test(a_fine_grid_means_each_line),
        cmocka_unit_test(long_records_without_a_grid_are_not_fetched),
        cmocka_unit_test(a_stranger_moves_the_grid_but_keeps_it),
        cmocka_unit_test(equal_strangers_move_the_grid_each),
        cmocka_unit_test(records_that_change_after_a_long_time_are_noticed_soon),
        cmocka_unit_test(regular_records_are_taken_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
