// SPDX-License-Identifier: Apache-2.0
#include "base/cycles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static void runs_as_fast_as_it_says(void **state)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    double speed = cycles_per_ns(), ns;
    int64_t before = clock_monotonic();
    uint64_t first = cycles_now();
    uint64_t last;
    int64_t after;

    (void)state;
    nanosleep(&pause, NULL);
    last = cycles_now();
    after = clock_monotonic();
    ns = (double)(last - first) / speed;
    /* the counter was read within the two looks at the clock; a busy machine makes both longer */
    assert_true(ns > 20e6 * 0.5);
    assert_true(ns < (double)(after - before) * 2);
}

static void never_goes_back(void **state)
{
    uint64_t before = cycles_now();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = cycles_now();

        assert_true(now >= before);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_as_fast_as_it_says),
        cmocka_unit_test(never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
