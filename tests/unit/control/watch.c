// SPDX-License-Identifier: Apache-2.0

/* What a look of the daemon's makes of counters. The test moves the time of the look before it. */

#include "control/watch.h"

#include "base/thread.h"
#include "unit/control/mill.h"

enum { RECORDS = 10 };

static void rates_are_not_of_a_moment(void **state)
{
    struct control_options options = {0};
    struct watch watch;
    struct mill mill;

    (void)state;
    thread_setup_interrupt(); /* the end of writers needs it */
    mill_init(&mill);
    mill_start(&mill);
    assert_int_equal(loader_start(&mill.engine.loader), 0); /* it asks for the losses */
    options.health = mill.limits;
    assert_int_equal(watch_init(&watch, &mill.engine, &options), 0);
    for (int i = 0; i < RECORDS; i++)
        mill_produce(&mill, 1);
    mill_settle(&mill);
    watch.started_at = clock_monotonic();
    watch_look(&watch);
    assert_true(watch.rated_at == 0);
    assert_true(watch.records[0].per_second == 0 && watch.rings[0].bytes.per_second == 0);

    watch.started_at -= 2 * MILL_SECOND;
    watch_look(&watch);
    assert_true(watch.records[0].per_second > 0);
    assert_true(watch.records[0].per_second <= RECORDS / 2);
    assert_true(watch.rings[0].bytes.per_second > 0);
    watch_deinit(&watch);
    loader_stop(&mill.engine.loader);
    mill_deinit(&mill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_not_of_a_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
