// SPDX-License-Identifier: Apache-2.0
/* Looking at a ring that somebody else consumes. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>

#include "ring/fake.h"
#include "ring/ring.h"

struct fixture {
    struct fake *fake;
    struct ringmill_ring *ring;
    struct ringmill_ring *observer;
    struct ringmill_sight sight;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct ringmill_ring_options options = {.size = sizeof(options),
                                            .flags = RINGMILL_RING_OBSERVE};

    assert_int_equal(fake_new(4096, UINT64_C(0) - 1024, &fixture.fake), 0);
    assert_int_equal(fake_open(fixture.fake, NULL, NULL, &fixture.ring), 0);
    assert_int_equal(fake_open(fixture.fake, &options, NULL, &fixture.observer), 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ringmill_ring_free(fixture->ring);
    ringmill_ring_free(fixture->observer);
    fake_free(fixture->fake);
    return 0;
}

static const struct ringmill_sight *look(struct fixture *fixture)
{
    assert_int_equal(ringmill_ring_observe(fixture->observer, &fixture->sight), 0);
    return &fixture->sight;
}

static void write_and_consume(struct fixture *fixture, uint32_t records, bool consume)
{
    struct ringmill_view views[256];

    for (uint32_t i = 0; i < records; i++)
        assert_int_equal(fake_write(fixture->fake, &i, sizeof(i), 0), 0);
    while (consume && ringmill_ring_take(fixture->ring, views, 256) > 0)
        ringmill_ring_commit_all(fixture->ring);
}

static void it_counts_what_comes_and_goes(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(look(fixture)->records, 0);
    write_and_consume(fixture, 100, true);
    fake_discard(fixture->fake, fake_reserve(fixture->fake, 8), 0);
    assert_int_equal(look(fixture)->records, 100);
    assert_int_equal(fixture->sight.discards, 1);
    assert_int_equal(fixture->sight.fill, 16);
    assert_int_equal(fixture->sight.walked, 101 * 16);
    write_and_consume(fixture, 50, false);
    assert_int_equal(look(fixture)->records, 150);
    assert_int_equal(look(fixture)->records, 150);
    assert_int_equal(fixture->sight.fill, 51 * 16);
    assert_int_equal(fixture->sight.missed, 0);
    assert_int_equal(ringmill_ring_available(fixture->ring), 51 * 16);
}

static void what_was_overwritten_is_missed_and_said(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 5; i++)
        write_and_consume(fixture, 200, true);
    write_and_consume(fixture, 3, false);
    assert_int_equal(look(fixture)->records, 3);
    assert_int_equal(fixture->sight.missed, 1000 * 16);
    assert_int_equal(fixture->sight.walked, 3 * 16);
}

static void a_busy_head_has_an_age(void **state)
{
    struct fixture *fixture = *state;
    void *sample = fake_reserve(fixture->fake, 8);
    uint64_t since = look(fixture)->busy_since;

    assert_int_equal(since, fixture->sight.time);
    assert_int_equal(look(fixture)->busy_since, since);
    assert_true(fixture->sight.time > since);
    fake_submit(fixture->fake, sample, 0);
    assert_int_equal(look(fixture)->busy_since, 0);
    assert_int_equal(fixture->sight.records, 1);
}

static void only_an_observer_observes(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ringmill_ring_observe(fixture->ring, &fixture->sight), -EPERM);
    fake_write(fixture->fake, "x", 1, 0);
    fake_set_header(fixture->fake, fake_consumer(fixture->fake), 4000);
    assert_int_equal(ringmill_ring_observe(fixture->observer, &fixture->sight), -EBADMSG);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(it_counts_what_comes_and_goes),
        ROW(what_was_overwritten_is_missed_and_said),
        ROW(a_busy_head_has_an_age),
        ROW(only_an_observer_observes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
