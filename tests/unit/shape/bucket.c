// SPDX-License-Identifier: Apache-2.0

/* Over any stretch of time no more passes than a full bucket and what the rate brings; and whoever
 * always has something waiting gets all of that, to the record. */

#include "shape/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t seed;

static uint64_t choose(uint64_t choices)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (seed >> 33) % choices;
}

/* Asks at random times, each time for all that there is. */
static void try_rate(const char *text, uint32_t burst, int64_t longest)
{
    struct scalar_rate rate;
    struct bucket_rate compiled;
    struct bucket bucket;
    int64_t start = (int64_t)choose(INT64_C(1000000000000)), now = start;
    uint64_t passed = 0;

    assert_int_equal(scalar_rate(text, &rate), 0);
    compiled = bucket_rate(&rate, burst);
    bucket_fill(&bucket, &compiled, now);
    for (int i = 0; i < 20000; i++) {
        __int128 due = (__int128)(now - start) * rate.count / rate.per + burst;

        while (bucket_take(&bucket, &compiled, now))
            passed++;
        assert_true(passed <= due);
        /* the bucket has room for what comes until the next look, so nothing is spilt */
        assert_true(passed == due);
        now += (int64_t)choose((uint64_t)longest) + 1;
    }
    assert_true(passed > burst);
}

static void not_one_more_and_not_one_less(void **state)
{
    const char *wanted = getenv("SEED");

    (void)state;
    seed = wanted ? strtoul(wanted, NULL, 0) : 20261123;
    print_message("SEED=%lu\n", (unsigned long)seed);
    try_rate("3/s", 2, 100000000);
    try_rate("100/s", 100, 10000000);
    try_rate("1000000000/s", 1000000, 3);
    try_rate("7/min", 2, 1000000000);
    try_rate("1/h", 2, INT64_C(600000000000));
    try_rate("999999/h", 1000000, 4000000);
}

static void overflows(void **state)
{
    struct scalar_rate rate;
    struct bucket_rate compiled;
    struct bucket bucket;
    uint32_t passed = 0;

    (void)state;
    assert_int_equal(scalar_rate("1000000000/h", &rate), 0);
    compiled = bucket_rate(&rate, BUCKET_BURST_MAX);
    bucket_fill(&bucket, &compiled, 0);
    while (bucket_take(&bucket, &compiled, INT64_MAX))
        passed++;
    assert_int_equal(passed, BUCKET_BURST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_one_more_and_not_one_less),
        cmocka_unit_test(overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
