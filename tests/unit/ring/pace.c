// SPDX-License-Identifier: Apache-2.0
/* When to nap and for how long, with made-up times. */
#include "ring/pace.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

struct run {
    struct pace pace;
    uint64_t now;
    uint64_t nap; /* the last one */
};

/* Sleeps `times` times, `pause` apart, each for so many records and so much of the ring. */
static void sleep_often(struct run *run, int times, uint64_t pause, uint64_t records, uint64_t fill)
{
    for (int i = 0; i < times; i++) {
        run->now += pause;
        run->nap = pace_next(&run->pace, run->now, records, fill);
    }
}

static void start(struct run *run)
{
    *run = (struct run){.now = 1000 * MS};
    pace_init(&run->pace, MS);
    run->nap = pace_next(&run->pace, run->now, 0, 0);
}

static void leisure_is_cold(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    sleep_often(&run, 1000, MS, 1, 1);
    assert_false(run.pace.hot);
    assert_int_equal(run.nap, 0);
}

static void frequent_sleeps_get_hot_and_naps_stay_below_a_quarter(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    sleep_often(&run, 40, 50 * US, 500, PACE_FULL / 100);
    assert_true(run.pace.hot);
    /* a hundredth in 50 us: an eighth takes 625 us */
    assert_in_range(run.nap, 90 * US, 700 * US);
    sleep_often(&run, 1000, 500 * US, 5000, PACE_FULL / 10);
    assert_in_range(run.nap, 500 * US, 1000 * US);
    sleep_often(&run, 1, 500 * US, 5000, PACE_FULL / 2);
    assert_in_range(run.nap, 60 * US, 250 * US);
}

static void a_ring_that_fills_too_fast_for_naps_sleeps_in_epoll(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    sleep_often(&run, 100, 50 * US, 500, 2 * PACE_FULL);
    assert_true(run.pace.hot);
    assert_int_equal(run.nap, 0);
}

static void silence_cools_down(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    sleep_often(&run, 100, 50 * US, 500, 1);
    assert_in_range(run.nap, MS - 100 * US, MS);
    sleep_often(&run, 30, MS, 0, 0);
    assert_false(run.pace.hot);
    assert_int_equal(run.nap, 0);
    sleep_often(&run, 5, 100 * US, 1, 1);
    assert_false(run.pace.hot);
}

static void a_pause_does_not_make_the_next_nap_too_long(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    sleep_often(&run, 100, 190 * US, 200000, PACE_FULL / 10);
    assert_in_range(run.nap, 150 * US, 200 * US);
    sleep_often(&run, 10, 200 * US, 0, 0);
    assert_true(run.pace.hot);
    assert_in_range(run.nap, 150 * US, 300 * US);
}

static void naps_are_shorter_by_what_they_overshoot(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    for (int i = 0; i < 100; i++)
        pace_learn(&run.pace, 100 * US, 200 * US);
    sleep_often(&run, 100, 50 * US, 500, 1);
    assert_in_range(run.nap, 895 * US, 905 * US);
}

static void naps_can_be_turned_off(void **state)
{
    struct run run;

    (void)state;
    start(&run);
    pace_init(&run.pace, UINT64_MAX);
    sleep_often(&run, 1000, 10 * US, 500, 1);
    assert_int_equal(run.nap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leisure_is_cold),
        cmocka_unit_test(frequent_sleeps_get_hot_and_naps_stay_below_a_quarter),
        cmocka_unit_test(a_ring_that_fills_too_fast_for_naps_sleeps_in_epoll),
        cmocka_unit_test(silence_cools_down),
        cmocka_unit_test(a_pause_does_not_make_the_next_nap_too_long),
        cmocka_unit_test(naps_are_shorter_by_what_they_overshoot),
        cmocka_unit_test(naps_can_be_turned_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
