// SPDX-License-Identifier: Apache-2.0
/* Order across rings, and the hold that it costs. */
#include "ring/merge.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <string.h>
#include <time.h>

#include "ring/fake.h"
#include "ring/reader.h"

enum { RINGS = 5 };
#define MS UINT64_C(1000000)

struct sample {
    uint32_t ring;
    uint32_t padding;
    uint64_t time;
};

struct fixture {
    struct fake *fakes[RINGS];
    struct ringmill_ring *rings[RINGS];
    struct ringmill_reader *reader;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct ringmill_reader_options options = {.size = sizeof(options),
                                              .merge = 1,
                                              .merge_offset = offsetof(struct sample, time),
                                              .merge_hold = 5 * MS};

    assert_int_equal(ringmill_reader_new(&options, NULL, &fixture.reader), 0);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(fake_new(1 << 20, 0, &fixture.fakes[i]), 0);
        assert_int_equal(fake_open(fixture.fakes[i], NULL, NULL, &fixture.rings[i]), 0);
        assert_int_equal(ringmill_reader_add(fixture.reader, fixture.rings[i], NULL), 0);
    }
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ringmill_reader_free(fixture->reader);
    for (int i = 0; i < RINGS; i++)
        fake_free(fixture->fakes[i]);
    return 0;
}

static void put(struct fixture *fixture, uint32_t ring, uint64_t time)
{
    struct sample sample = {.ring = ring, .time = time};

    assert_int_equal(fake_write(fixture->fakes[ring], &sample, sizeof(sample), 0), 0);
}

static uint64_t time_of(const struct ringmill_view *view)
{
    return ((const struct sample *)view->data)->time;
}

static void old_records_come_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view view;
    uint32_t seed = 7, records = 20000;
    uint64_t last = 0, time = 1;

    for (uint32_t i = 0; i < records; i++) {
        seed = seed * 1664525 + 1013904223;
        time += seed >> 30;
        put(fixture, (seed >> 8) % RINGS, time);
    }
    ringmill_reader_set_deadline(fixture->reader, RINGMILL_FOREVER);
    for (uint32_t i = 0; i < records; i++) {
        assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_READY);
        assert_true(time_of(&view) >= last);
        last = time_of(&view);
    }
    ringmill_reader_set_deadline(fixture->reader, RINGMILL_NOW);
    assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_DEADLINE);
    for (int i = 0; i < RINGS; i++)
        assert_int_equal(ringmill_ring_available(fixture->rings[i]), 0);
}

/* False: this machine was so slow that the record was old before it was looked at. */
static bool hold_a_young_record(struct fixture *fixture)
{
    struct ringmill_batch batch;
    uint64_t now = ring_now() + 50 * MS;
    int n;

    put(fixture, 0, now);
    n = ringmill_reader_next_batch(fixture->reader, &batch);
    put(fixture, 1, now - 1); /* comes later, is older */
    if (ring_now() >= now + 4 * MS)
        return false;
    assert_int_equal(n, 0);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
    assert_true(ring_now() >= now + 4 * MS);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[1]);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[0]);
    return true;
}

static void a_young_record_is_held_for_older_ones(void **state)
{
    while (!hold_a_young_record(*state)) {
        tear_down(state);
        set_up(state);
    }
}

static bool hold_what_came_meanwhile(struct fixture *fixture)
{
    static const uint32_t rings[] = {0, 0, 1};
    const struct timespec until_old = {.tv_nsec = 30 * MS};
    struct ringmill_batch batch;
    uint64_t now = ring_now() + 20 * MS;
    int n;

    put(fixture, 0, now);
    n = ringmill_reader_next_batch(fixture->reader, &batch);
    put(fixture, 1, now + 2);
    put(fixture, 0, now + 1); /* not known yet when the first one is taken */
    if (ring_now() >= now + 4 * MS)
        return false;
    assert_int_equal(n, 0);
    nanosleep(&until_old, NULL);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
        assert_ptr_equal(batch.ring, fixture->rings[rings[i]]);
        assert_int_equal(time_of(batch.views), now + i);
    }
    return true;
}

/* What one ring gets while its first record waits for the others is not overtaken by theirs. */
static void what_came_meanwhile_keeps_its_place(void **state)
{
    while (!hold_what_came_meanwhile(*state)) {
        tear_down(state);
        set_up(state);
    }
}

static void nothing_is_held_when_every_ring_has_a_record(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    uint64_t now = ring_now() + 500 * MS;
    int n;

    for (uint32_t i = 0; i < RINGS; i++)
        put(fixture, i, now - i);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[RINGS - 1]);
    n = ringmill_reader_next_batch(fixture->reader, &batch);
    if (ring_now() < now) /* else this machine was so slow that the others are old */
        assert_int_equal(n, 0);
}

static void a_time_that_cannot_be_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    put(fixture, 0, UINT64_MAX);
    put(fixture, 0, UINT64_MAX - 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
}

static uint64_t next_time(struct fixture *fixture)
{
    struct ringmill_view view;

    ringmill_reader_set_deadline(fixture->reader, RINGMILL_NOW);
    assert_int_equal(ringmill_reader_next(fixture->reader, &view), RINGMILL_READY);
    return ((const struct sample *)view.data)->time;
}

static void a_record_that_was_too_long_keeps_its_place(void **state)
{
    struct fixture *fixture = *state;
    char small[1];
    size_t length;

    put(fixture, 0, 10);
    put(fixture, 0, 30);
    put(fixture, 1, 20);
    assert_int_equal(ringmill_reader_lease(fixture->reader), 0);
    assert_int_equal(ringmill_reader_read_into(fixture->reader, small, sizeof(small), &length),
                     -EMSGSIZE);
    assert_int_equal(next_time(fixture), 10);
    assert_int_equal(next_time(fixture), 20);
    assert_int_equal(next_time(fixture), 30);
}

static void an_added_ring_joins_the_order(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_ring *ring = fixture->rings[4];
    struct ringmill_batch batch;

    assert_int_equal(ringmill_reader_remove(fixture->reader, ring), 0);
    put(fixture, 0, 10);
    put(fixture, 1, 30);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    put(fixture, 4, 20);
    assert_int_equal(ringmill_reader_add(fixture->reader, ring, NULL), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, ring);
}

static void a_run_of_one_ring_is_one_batch(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    for (uint64_t i = 1; i <= 10; i++)
        put(fixture, 0, i);
    put(fixture, 1, 8);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 8);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[1]);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 2);
}

static void discards_and_short_samples_do_not_stop_it(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    fake_discard(fixture->fakes[0], fake_reserve(fixture->fakes[0], 24), 0);
    put(fixture, 0, 3);
    assert_int_equal(fake_write(fixture->fakes[0], "x", 1, 0), 0);
    fake_discard(fixture->fakes[1], fake_reserve(fixture->fakes[1], 24), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 2);
    assert_int_equal(batch.views[1].length, 1);
    assert_int_equal(ringmill_ring_available(fixture->rings[1]), 0);
}

static void corruption_is_told_once_also_by_way_of_a_wait(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    put(fixture, 2, 5);
    fake_set_header(fixture->fakes[2], 0, 1 << 25);
    put(fixture, 3, 6);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), -EBADMSG);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[3]);
}

static void release_and_pause_keep_the_order(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    put(fixture, 0, 1);
    put(fixture, 1, 2);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    ringmill_reader_release(fixture->reader);
    assert_int_equal(ringmill_reader_pause(fixture->reader, fixture->rings[0]), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[1]);
    assert_int_equal(ringmill_reader_resume(fixture->reader, fixture->rings[0]), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_ptr_equal(batch.ring, fixture->rings[0]);
}

/* ---- groups: some rings in order, beside others ---------------------------------------------- */

static int set_up_groups(void **state)
{
    static struct fixture fixture;

    assert_int_equal(ringmill_reader_new(NULL, NULL, &fixture.reader), 0);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(fake_new(1 << 20, 0, &fixture.fakes[i]), 0);
        assert_int_equal(fake_open(fixture.fakes[i], NULL, NULL, &fixture.rings[i]), 0);
        assert_int_equal(ringmill_reader_add(fixture.reader, fixture.rings[i], NULL), 0);
    }
    /* 1 and 3 are one group, 2 and 4 another, 0 is in none */
    for (int i = 1; i <= 2; i++)
        assert_int_equal(ringmill_reader_merge(
                             fixture.reader,
                             (struct ringmill_ring *[]){fixture.rings[i], fixture.rings[i + 2]}, 2,
                             offsetof(struct sample, time), 5000 * MS),
                         0);
    *state = &fixture;
    return 0;
}

static int ring_of(const struct fixture *fixture, const struct ringmill_ring *ring)
{
    for (int i = 0; i < RINGS; i++)
        if (fixture->rings[i] == ring)
            return i;
    return -1;
}

static void groups_hold_nobody_else(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    uint64_t now = ring_now();

    put(fixture, 1, now);
    put(fixture, 0, now);
    put(fixture, 2, now + 1);
    put(fixture, 4, now);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
        assert_int_equal(ring_of(fixture, batch.ring), i == 0 ? 0 : 4);
    }
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
    put(fixture, 3, now + 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ring_of(fixture, batch.ring), 1);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 0);
}

/* A group that always has something leaves the others their turns, and takes its own. */
static void groups_take_turns(void **state)
{
    struct fixture *fixture = *state;
    uint64_t given[RINGS] = {0};
    struct ringmill_batch batch;

    for (uint64_t i = 1; i <= 20000; i++)
        for (uint32_t j = 0; j < RINGS; j++)
            put(fixture, j, i);
    for (int i = 0; i < 20000; i++) {
        assert_true(ringmill_reader_next_batch(fixture->reader, &batch) > 0);
        given[ring_of(fixture, batch.ring)] += batch.count;
    }
    for (int i = 0; i < RINGS; i++)
        assert_true(given[i] >= 1000);
}

static void wait_knows_when_a_group_is_due(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    uint64_t then = ring_now() - 4900 * MS; /* held for another 100 ms */
    int n;

    put(fixture, 1, then);
    n = ringmill_reader_next_batch(fixture->reader, &batch);
    if (ring_now() < then + 5000 * MS)
        assert_int_equal(n, 0);
    if (n > 0)
        return; /* this machine was so slow that the record was due before */
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
    assert_true(ring_now() >= then + 5000 * MS);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
}

static void a_ring_is_in_one_group(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;

    assert_int_equal(ringmill_reader_merge(fixture->reader, &fixture->rings[1], 1, 0, 0), -EBUSY);
    assert_int_equal(ringmill_reader_remove(fixture->reader, fixture->rings[1]), 0);
    assert_int_equal(ringmill_reader_merge(fixture->reader, &fixture->rings[1], 1, 0, 0), -ENOENT);
    put(fixture, 3, ring_now()); /* alone now, so it waits for nobody */
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ringmill_reader_add(fixture->reader, fixture->rings[1], NULL), 0);
    assert_int_equal(ringmill_reader_merge(fixture->reader, &fixture->rings[1], 1, 0, 0), 0);
}

static void a_group_pauses_ring_by_ring(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_batch batch;
    uint64_t now = ring_now();

    put(fixture, 1, now);
    put(fixture, 3, now + 1);
    assert_int_equal(ringmill_reader_pause(fixture->reader, fixture->rings[1]), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ring_of(fixture, batch.ring), 3);
    assert_int_equal(ringmill_reader_resume(fixture->reader, fixture->rings[1]), 0);
    assert_int_equal(ringmill_reader_pause(fixture->reader, fixture->rings[3]), 0);
    assert_int_equal(ringmill_reader_next_batch(fixture->reader, &batch), 1);
    assert_int_equal(ring_of(fixture, batch.ring), 1);
}

int main(void)
{
#define ROW(test)    cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define GROUPS(test) cmocka_unit_test_setup_teardown(test, set_up_groups, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(old_records_come_in_order),
        ROW(a_young_record_is_held_for_older_ones),
        ROW(what_came_meanwhile_keeps_its_place),
        ROW(nothing_is_held_when_every_ring_has_a_record),
        ROW(a_time_that_cannot_be_is_not_waited_for),
        ROW(a_record_that_was_too_long_keeps_its_place),
        ROW(an_added_ring_joins_the_order),
        ROW(a_run_of_one_ring_is_one_batch),
        ROW(discards_and_short_samples_do_not_stop_it),
        ROW(corruption_is_told_once_also_by_way_of_a_wait),
        ROW(release_and_pause_keep_the_order),
        GROUPS(groups_hold_nobody_else),
        GROUPS(groups_take_turns),
        GROUPS(wait_knows_when_a_group_is_due),
        GROUPS(a_ring_is_in_one_group),
        GROUPS(a_group_pauses_ring_by_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
