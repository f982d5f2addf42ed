// SPDX-License-Identifier: Apache-2.0
#include "aggregate/distinct.h"

#include <math.h>

#include "unit/aggregate/support.h"

/* One in a hundred million streams is off by more than six standard errors. */
static void counts_are_within_their_error(void **state)
{
    static uint8_t one[1 << 12], two[1 << 12], both[1 << 12], bytes[1 << 13];
    uint64_t seed = random_seed("distinct");

    (void)state;
    for (uint32_t count = 1; count < 300000; count = count * 3 / 2 + 1) {
        uint64_t number = random_next(&seed);
        size_t length;

        memset(one, 0, sizeof(one));
        memset(two, 0, sizeof(two));
        memset(both, 0, sizeof(both));
        for (uint32_t i = 0; i < count; i++) {
            uint64_t state_of = number + i, hash = random_next(&state_of);

            distinct_add(both, 12, hash);
            distinct_add(both, 12, hash); /* again: nothing new */
            distinct_add(i % 2 ? one : two, 12, hash);
        }
        distinct_merge(one, two, 12);
        assert_memory_equal(one, both, sizeof(one));
        assert_true(fabs(distinct_get(one, 12) - count) <= 6 * distinct_error(12) * count + 0.5);
        length = distinct_write(one, 12, bytes);
        assert_int_equal(distinct_read(12, bytes, length, two), 0);
        assert_memory_equal(one, two, sizeof(one));
        assert_int_equal(distinct_read(12, bytes, length - 1, two), -EINVAL);
        assert_int_equal(distinct_read(11, bytes, length, two), -EINVAL);
    }
}

static void bits_follow_the_error(void **state)
{
    static uint8_t none[1 << 4];

    (void)state;
    assert_int_equal(distinct_bits(0.25), 5);
    assert_int_equal(distinct_bits(0.02), 12);
    assert_int_equal(distinct_bits(0.0001), DISTINCT_BITS_MAX);
    assert_true(distinct_get(none, 4) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_within_their_error),
        cmocka_unit_test(bits_follow_the_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
