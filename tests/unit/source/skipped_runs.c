// SPDX-License-Identifier: Apache-2.0

/* Without programs there is nothing to know. Counting them takes a kernel: tests/live. */

#include "source/skipped_runs.h"

#include <errno.h>

#include "unit/source/support.h"

static void nothing_is_known_of_no_programs(void **state)
{
    struct skipped_runs runs = {0};
    uint64_t skipped = 7;

    (void)state;
    assert_int_equal(skipped_runs_read(&runs, &skipped), -ENOTSUP);
    assert_int_equal(skipped, 7);
    skipped_runs_close(&runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_known_of_no_programs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
