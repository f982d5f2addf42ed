// SPDX-License-Identifier: Apache-2.0
#include "aggregate/moments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const wide most = (wide)((unsigned __int128)-1 >> 1);

static void a_sum_stays_at_its_limit(void **state)
{
    struct sum sum = {0}, other = {0};

    (void)state;
    sum_add(&sum, UINT64_MAX, UINT64_MAX);
    assert_true(sum.total == most && sum.saturated == 1 && sum.count == UINT64_MAX);
    sum_add(&other, INT64_MIN, UINT64_MAX);
    assert_true(other.total < 0 && other.saturated == 0);
    sum_add(&other, INT64_MIN, UINT64_MAX);
    assert_true(other.total == -most - 1 && other.saturated == 1);
    sum_merge(&sum, &other);
    assert_true(sum.saturated == 1);
}

/* 0.1 so many times, and large numbers that go again. */
static void rounding_is_carried_along(void **state)
{
    struct float_sum sum = {0}, other = {0};

    (void)state;
    float_sum_add(&sum, 1e16, 1);
    for (int i = 0; i < 1000; i++)
        float_sum_add(&other, 0.1, 10);
    float_sum_merge(&sum, &other);
    float_sum_add(&sum, -1e16, 1);
    assert_true(fabs(float_sum_get(&sum) - 1000) < 1e-9);
    assert_int_equal(sum.count, 10002);
}

/* 1, 2, 3 with their weights, a long way from zero: in halves, and one by one. */
static void deviations_do_not_vanish(void **state)
{
    struct spread sum = {0}, one = {0}, other = {0};

    (void)state;
    for (int i = 1; i <= 3; i++) {
        spread_add(&sum, 1e9 + i, i);
        spread_add(i == 2 ? &one : &other, 1e9 + i, i);
    }
    spread_merge(&one, &other);
    assert_true(fabs(spread_deviation(&sum) - sqrt(5.0 / 9)) < 1e-6);
    assert_true(fabs(spread_deviation(&one) - sqrt(5.0 / 9)) < 1e-6);
    other = (struct spread){0};
    spread_merge(&other, &one);
    assert_true(spread_deviation(&other) == spread_deviation(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_stays_at_its_limit),
        cmocka_unit_test(rounding_is_carried_along),
        cmocka_unit_test(deviations_do_not_vanish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
