// SPDX-License-Identifier: Apache-2.0
/* One ring, on the fake: taking, committing, rewinding, counting, refusing. */
#include "ring/ring.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ring/fake.h"

struct fixture {
    struct fake *fake;
    struct ringmill_ring *ring;
};

static int set_up_at(void **state, uint64_t start)
{
    static struct fixture fixture;

    assert_int_equal(fake_new(4096, start, &fixture.fake), 0);
    assert_int_equal(fake_open(fixture.fake, NULL, NULL, &fixture.ring), 0);
    *state = &fixture;
    return 0;
}

static int set_up(void **state)
{
    return set_up_at(state, 0);
}

static int set_up_near_32(void **state)
{
    return set_up_at(state, (UINT64_C(1) << 32) - 64);
}

static int set_up_near_64(void **state)
{
    return set_up_at(state, UINT64_C(0) - 64);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ringmill_ring_free(fixture->ring);
    fake_free(fixture->fake);
    return 0;
}

static void write_number(struct fixture *fixture, uint64_t number)
{
    assert_int_equal(fake_write(fixture->fake, &number, sizeof(number), 0), 0);
}

static uint64_t number_of(const struct ringmill_view *view)
{
    uint64_t number;

    assert_int_equal(view->length, sizeof(number));
    memcpy(&number, view->data, sizeof(number));
    return number;
}

static void take_commits_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view views[4];
    uint64_t start = fake_consumer(fixture->fake);

    for (uint64_t i = 0; i < 3; i++)
        write_number(fixture, i);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 3);
    assert_int_equal(fake_consumer(fixture->fake), start);
    assert_int_equal(ringmill_ring_commit(fixture->ring, views[1].position), 0);
    assert_int_equal(fake_consumer(fixture->fake), start + 16);
    assert_int_equal(ringmill_ring_commit(fixture->ring, ringmill_view_end(&views[2])), 0);
    assert_int_equal(fake_consumer(fixture->fake), start + 48);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 0);
}

static void commit_refuses_what_was_not_given(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;

    write_number(fixture, 1);
    write_number(fixture, 2);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    assert_int_equal(ringmill_ring_commit(fixture->ring, view.position + 32), -EINVAL);
    assert_int_equal(ringmill_ring_commit(fixture->ring, view.position + 4), -EINVAL);
    assert_int_equal(ringmill_ring_commit(fixture->ring, view.position + 16), 0);
    assert_int_equal(ringmill_ring_commit(fixture->ring, view.position), 0);
    assert_int_equal(ringmill_ring_committed(fixture->ring), view.position + 16);
}

static void rewind_gives_the_same_again_and_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_counters counters;
    struct ringmill_view views[4];

    for (uint64_t i = 0; i < 3; i++)
        write_number(fixture, i);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 2), 2);
    ringmill_ring_rewind(fixture->ring);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 2);
    assert_int_equal(ringmill_ring_take(fixture->ring, views + 2, 2), 1);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(number_of(&views[i]), i);
    ringmill_ring_counters(fixture->ring, &counters);
    assert_int_equal(counters.records, 3);
    assert_int_equal(counters.bytes, 24);
}

static void trailing_discards_go_with_the_last_commit(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;
    uint64_t end;

    write_number(fixture, 1);
    fake_discard(fixture->fake, fake_reserve(fixture->fake, 100), 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 0);
    assert_true(ring_lags(fixture->ring));
    end = fake_producer(fixture->fake);
    assert_int_equal(ringmill_ring_commit_all(fixture->ring), 0);
    assert_int_equal(fake_consumer(fixture->fake), end);
    assert_false(ring_lags(fixture->ring));
}

static void a_commit_among_trailing_discards_takes_them_all(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;

    write_number(fixture, 1);
    for (int i = 0; i < 3; i++)
        fake_discard(fixture->fake, fake_reserve(fixture->fake, 8), 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 0);
    assert_int_equal(ringmill_ring_commit(fixture->ring, view.position + 32), 0);
    assert_int_equal(fake_consumer(fixture->fake), fake_producer(fixture->fake));
    assert_int_equal(fixture->ring->given, ringmill_ring_committed(fixture->ring));
}

static void lone_discards_are_committed_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_counters counters;
    struct ringmill_view view;

    for (int i = 0; i < 3; i++)
        fake_discard(fixture->fake, fake_reserve(fixture->fake, 10), 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 0);
    assert_int_equal(ringmill_ring_available(fixture->ring), 0);
    ringmill_ring_counters(fixture->ring, &counters);
    assert_int_equal(counters.discards, 3);
    assert_int_equal(counters.records, 0);
}

static void busy_head_stops_the_walk_and_is_timed(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_counters counters;
    struct ringmill_view view;
    void *sample = fake_reserve(fixture->fake, 8);

    write_number(fixture, 2);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 0);
    ringmill_ring_counters(fixture->ring, &counters);
    assert_true(counters.busy_since != 0);
    fake_submit(fixture->fake, sample, 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    ringmill_ring_counters(fixture->ring, &counters);
    assert_int_equal(counters.busy_since, 0);
    assert_int_equal(counters.high_water, 32);
}

static void refuses_positions_that_cannot_be(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_error reason;
    struct ringmill_ring *ring = NULL;

    fake_set_consumer(fixture->fake, 4096);
    fake_set_producer(fixture->fake, 0);
    assert_int_equal(fake_open(fixture->fake, NULL, &reason, &ring), -EBADMSG);
    assert_non_null(strstr(reason.text, "consumer position 4096, producer position 0, size 4096"));
    fake_set_consumer(fixture->fake, 0);
    fake_set_producer(fixture->fake, 4104);
    assert_int_equal(fake_open(fixture->fake, NULL, &reason, &ring), -EBADMSG);
    fake_set_producer(fixture->fake, 4);
    assert_int_equal(fake_open(fixture->fake, NULL, &reason, &ring), -EBADMSG);
    assert_null(ring);
}

static void corrupt_length_ends_the_ring(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_error reason;
    struct ringmill_view views[4];
    uint64_t second;

    write_number(fixture, 1);
    second = fake_producer(fixture->fake);
    write_number(fixture, 2);
    fake_set_header(fixture->fake, second, 9);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 1);
    assert_int_equal(ringmill_ring_health(fixture->ring, &reason), 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), -EBADMSG);
    assert_int_equal(ringmill_ring_health(fixture->ring, &reason), -EBADMSG);
    assert_non_null(strstr(reason.text, "is corrupt at position"));
    fake_set_header(fixture->fake, second, 8);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), -EBADMSG);
}

static void producer_that_runs_back_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;

    write_number(fixture, 1);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    ringmill_ring_commit_all(fixture->ring);
    fake_set_producer(fixture->fake, view.position);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), -EBADMSG);
}

/* What lies behind the word is not given, not even when the kernel has long written it. */
static void reads_up_to_a_word(void **state)
{
    struct fixture *fixture = *state;
    _Atomic uint64_t until = fake_consumer(fixture->fake) + 16;
    struct ringmill_view views[4];

    for (uint64_t i = 0; i < 3; i++)
        write_number(fixture, i);
    ring_read_until(fixture->ring, &until);
    assert_int_equal(ringmill_ring_available(fixture->ring), 16);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 1);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 0);
    atomic_fetch_add(&until, 16);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 4), 1);
    assert_int_equal(ringmill_ring_commit_all(fixture->ring), 0);
    assert_int_equal(ringmill_ring_available(fixture->ring), 0);
    assert_int_equal(fake_producer(fixture->fake) - fake_consumer(fixture->fake), 16);
    assert_int_equal(ringmill_ring_health(fixture->ring, NULL), 0);
}

/* As when the ring was read on after the word was set. */
static void a_word_before_the_committed_position_is_raised(void **state)
{
    struct fixture *fixture = *state;
    _Atomic uint64_t until = fake_consumer(fixture->fake);
    struct ringmill_view view;

    write_number(fixture, 1);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    ringmill_ring_commit_all(fixture->ring);
    write_number(fixture, 2);
    ring_read_until(fixture->ring, &until);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 0);
    assert_int_equal(ringmill_ring_health(fixture->ring, NULL), 0);
}

static void observer_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_ring_options options = {.size = sizeof(options),
                                            .flags = RINGMILL_RING_OBSERVE};
    struct ringmill_ring *observer;
    struct ringmill_sight sight;
    struct ringmill_view view;

    assert_int_equal(fake_open(fixture->fake, &options, NULL, &observer), 0);
    assert_int_equal(ringmill_ring_take(observer, &view, 1), -EPERM);
    write_number(fixture, 1);
    assert_int_equal(ringmill_ring_observe(observer, &sight), 0);
    assert_int_equal(ringmill_ring_commit(observer, sight.producer), -EPERM);
    assert_int_equal(ringmill_ring_commit_all(observer), -EPERM);
    ringmill_ring_rewind(observer);
    assert_int_equal(ringmill_ring_observe(observer, &sight), 0);
    assert_int_equal(sight.records, 1);
    ringmill_ring_free(observer);
}

/* What a record is, by its number: mostly of one span, so that the walk takes many at once. */
static uint32_t odd_length(uint32_t number)
{
    return number % 701 == 700 ? 40 : number % 97 == 96 ? 113 : 120;
}

static bool is_discarded(uint32_t number)
{
    return number % 331 == 330;
}

static uint32_t write_many(struct fake *fake, uint32_t number, uint32_t end)
{
    for (; number < end; number++) {
        uint8_t *sample = fake_reserve(fake, odd_length(number));

        if (!sample)
            break;
        memcpy(sample, &number, sizeof(number));
        (is_discarded(number) ? fake_discard : fake_submit)(fake, sample, 0);
    }
    return number;
}

/* Of records that are almost all alike none is skipped, given twice, or given with another's
 * length; also past the ring's end, where the prefetching stops, and up to one that is not
 * there yet. */
static void regular_records_come_one_by_one(void **state)
{
    struct ringmill_view views[32];
    uint32_t written = 0, seen = 0;
    struct ringmill_ring *ring;
    struct fake *fake;

    (void)state;
    assert_int_equal(fake_new(1 << 16, UINT64_C(0) - 123456, &fake), 0);
    assert_int_equal(fake_open(fake, NULL, NULL, &ring), 0);
    while (seen < 20000) {
        uint8_t *busy;
        int n;

        written = write_many(fake, written, written + 450);
        busy = fake_reserve(fake, odd_length(written));
        while ((n = ringmill_ring_take(ring, views, 1 + written % 32)) > 0) {
            for (int i = 0; i < n; i++, seen++) {
                uint32_t number;

                seen += is_discarded(seen);
                memcpy(&number, views[i].data, sizeof(number));
                assert_int_equal(number, seen);
                assert_int_equal(views[i].length, odd_length(number));
            }
            assert_int_equal(ringmill_ring_commit_all(ring), 0);
        }
        assert_int_equal(n, 0);
        seen += seen < written; /* the last ones may be discarded */
        assert_int_equal(seen, written);
        if (busy) {
            memcpy(busy, &written, sizeof(written));
            (is_discarded(written) ? fake_discard : fake_submit)(fake, busy, 0);
            written++;
        }
    }
    ringmill_ring_free(ring);
    fake_free(fake);
}

/* ---- the consumer position, written by somebody else ----------------------------------------- */

static void assert_foreign(const struct fixture *fixture, uint64_t found, uint64_t own)
{
    struct ringmill_error reason;
    char positions[120];

    assert_int_equal(ringmill_ring_health(fixture->ring, &reason), -EBADMSG);
    snprintf(positions, sizeof(positions), "it is %llu, and this reader wrote %llu. ",
             (unsigned long long)found, (unsigned long long)own);
    assert_non_null(strstr(reason.text, "another process wrote the consumer position of ring "));
    assert_non_null(strstr(reason.text, positions));
    assert_int_equal(fake_consumer(fixture->fake), found); /* theirs is left as it is */
}

static void a_foreign_position_shows_at_the_next_look(void **state)
{
    static const uint64_t offsets[] = {8, 4096, 3, UINT64_MAX, UINT64_C(1) << 40};
    struct ringmill_view view;

    (void)state;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct fixture *fixture;

        assert_int_equal(set_up((void **)&fixture), 0);
        write_number(fixture, 1);
        assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
        assert_int_equal(ringmill_ring_commit_all(fixture->ring), 0);
        fake_set_consumer(fixture->fake, 16 + offsets[i]);
        assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), -EBADMSG);
        assert_foreign(fixture, 16 + offsets[i], 16);
        tear_down((void **)&fixture);
    }
}

static void a_foreign_position_is_not_written_over(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view views[2];

    write_number(fixture, 1);
    write_number(fixture, 2);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 2), 2);
    fake_set_consumer(fixture->fake, 16);
    ringmill_ring_commit_all(fixture->ring);
    assert_foreign(fixture, 16, 0);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 2), -EBADMSG);
}

static void records_up_to_an_end_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;
    uint64_t end;
    void *sample;

    for (uint64_t i = 0; i < 3; i++)
        write_number(fixture, i);
    fake_discard(fixture->fake, fake_reserve(fixture->fake, 100), 0);
    sample = fake_reserve(fixture->fake, 8); /* somebody will submit it, some day */
    end = ringmill_ring_end(fixture->ring);
    assert_int_equal(end, fake_producer(fixture->fake));
    write_number(fixture, 9);
    assert_int_equal(ringmill_ring_count(fixture->ring, end), 4);
    assert_int_equal(ringmill_ring_take(fixture->ring, &view, 1), 1);
    assert_int_equal(ringmill_ring_count(fixture->ring, end), 3);
    assert_int_equal(ringmill_ring_count(fixture->ring, ringmill_ring_position(fixture->ring)), 0);
    fake_submit(fixture->fake, sample, 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(take_commits_nothing),
        cmocka_unit_test_setup_teardown(take_commits_nothing, set_up_near_32, tear_down),
        cmocka_unit_test_setup_teardown(take_commits_nothing, set_up_near_64, tear_down),
        cmocka_unit_test(regular_records_come_one_by_one),
        ROW(commit_refuses_what_was_not_given),
        cmocka_unit_test_setup_teardown(commit_refuses_what_was_not_given, set_up_near_64,
                                        tear_down),
        ROW(rewind_gives_the_same_again_and_counts_once),
        cmocka_unit_test_setup_teardown(rewind_gives_the_same_again_and_counts_once, set_up_near_64,
                                        tear_down),
        ROW(trailing_discards_go_with_the_last_commit),
        ROW(a_commit_among_trailing_discards_takes_them_all),
        ROW(lone_discards_are_committed_at_once),
        ROW(busy_head_stops_the_walk_and_is_timed),
        ROW(refuses_positions_that_cannot_be),
        ROW(corrupt_length_ends_the_ring),
        ROW(producer_that_runs_back_is_corrupt),
        ROW(reads_up_to_a_word),
        ROW(a_word_before_the_committed_position_is_raised),
        ROW(observer_takes_nothing),
        cmocka_unit_test(a_foreign_position_shows_at_the_next_look),
        ROW(a_foreign_position_is_not_written_over),
        ROW(records_up_to_an_end_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
