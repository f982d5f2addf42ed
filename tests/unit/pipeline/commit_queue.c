// SPDX-License-Identifier: Apache-2.0
#include "pipeline/commit_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lane.h"

/* Two lanes without a second thread: the test takes both sides in turn. */
struct fixture {
    struct waker writer;
    struct lane lanes[2];
    struct commit_queue *queue;
    uint32_t woken;
};

static void count_wakes(void *data)
{
    ((struct fixture *)data)->woken++;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct lane *lanes[] = {&fixture.lanes[0], &fixture.lanes[1]};

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    if (waker_init(&fixture.writer) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        if (lane_init(&fixture.lanes[i], 32, 1, LANE_BLOCK, &fixture.writer, count_wakes,
                      &fixture) < 0)
            return -1;
    fixture.queue = commit_queue_new(lanes, 2, 2);
    return fixture.queue ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    commit_queue_free(fixture->queue);
    for (int i = 0; i < 2; i++)
        lane_deinit(&fixture->lanes[i]);
    waker_deinit(&fixture->writer);
    return 0;
}

/* One event into a chunk of its own. */
static void put(struct lane *lane)
{
    uint32_t room;

    memcpy(lane_tail(lane, &room), "x\n", 2);
    lane_add(lane, 2, 1);
}

static void put_chunk(struct lane *lane)
{
    put(lane);
    lane_next_chunk(lane);
    lane_hand_over(lane, LANE_FULL);
}

static void acknowledge(struct lane *lane)
{
    struct chunk *chunk = lane_take(lane);

    lane_give_back(lane, chunk, chunk->events, false);
}

static uint64_t taken(struct fixture *fixture)
{
    uint64_t position = 0;

    commit_queue_take(fixture->queue, &position);
    return position;
}

static void nothing_forwarded_waits_for_nothing(void **state)
{
    struct fixture *fixture = *state;

    commit_queue_add(fixture->queue, 100);
    commit_queue_add(fixture->queue, 200);
    assert_int_equal(taken(fixture), 200);
    assert_false(commit_queue_is_waiting(fixture->queue));
}

static void every_lane_must_have_acknowledged(void **state)
{
    struct fixture *fixture = *state;

    put_chunk(&fixture->lanes[0]);
    put_chunk(&fixture->lanes[1]);
    commit_queue_add(fixture->queue, 100);
    put_chunk(&fixture->lanes[1]);
    commit_queue_add(fixture->queue, 200);
    commit_queue_add(fixture->queue, 250); /* filtered whole: it waits for what came before it */
    assert_int_equal(taken(fixture), 0);
    acknowledge(&fixture->lanes[1]);
    acknowledge(&fixture->lanes[1]);
    assert_int_equal(taken(fixture), 0);
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(taken(fixture), 250);
    assert_int_equal(taken(fixture), 0);
}

static void a_begun_chunk_is_not_acknowledged(void **state)
{
    struct fixture *fixture = *state;

    put(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 100);
    assert_int_equal(taken(fixture), 0);
    put(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 200);
    lane_hand_over(&fixture->lanes[0], LANE_BEGUN);
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(taken(fixture), 200);
}

/* What nobody took is not acknowledged, nor is anything behind it, whatever becomes of that. */
static void nothing_is_published_past_what_was_given_up(void **state)
{
    struct fixture *fixture = *state;

    put_chunk(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 100);
    put_chunk(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 200);
    put_chunk(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 300);
    acknowledge(&fixture->lanes[0]);
    lane_give_back(&fixture->lanes[0], lane_take(&fixture->lanes[0]), 0, true);
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(taken(fixture), 100);
    assert_true(commit_queue_is_waiting(fixture->queue));
}

/* More entries than there is room for: the newest grow, none is forgotten, none comes early. */
static void many_entries(void **state)
{
    struct fixture *fixture = *state;
    uint64_t last = 0;

    for (uint64_t i = 1; i <= COMMIT_QUEUE_MAX + 20; i++) {
        put(&fixture->lanes[0]);
        lane_next_chunk(&fixture->lanes[0]);
        commit_queue_add(fixture->queue, i * 100);
        if (i % 16 == 0) {
            lane_hand_over(&fixture->lanes[0], LANE_FULL);
            acknowledge(&fixture->lanes[0]); /* far fewer than were sent */
        }
        lane_make_room(&fixture->lanes[0]); /* takes returned chunks in */
        if (fixture->lanes[0].n_spare == 0)
            break;
    }
    lane_hand_over(&fixture->lanes[0], LANE_ALL);
    for (uint64_t chunk = counter_get(&fixture->lanes[0].delivered);
         commit_queue_is_waiting(fixture->queue);) {
        uint64_t position;

        if (commit_queue_take(fixture->queue, &position)) {
            assert_true(position > last && position <= chunk * 100);
            last = position;
        } else {
            acknowledge(&fixture->lanes[0]);
            chunk++;
        }
    }
    assert_int_equal(last, counter_get(&fixture->lanes[0].forwarded) * 100);
}

static void an_acknowledgement_wakes_once_it_is_awaited(void **state)
{
    struct fixture *fixture = *state;

    put_chunk(&fixture->lanes[0]);
    put_chunk(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 100);
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(fixture->woken, 0);
    assert_true(commit_queue_arm_wake(fixture->queue));
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(fixture->woken, 1);
    assert_false(commit_queue_arm_wake(fixture->queue)); /* look first */
    assert_int_equal(taken(fixture), 100);
}

/* Of a sink that gets nothing more of the ring, only what went there before is waited for. */
static void a_former_lane_is_waited_for_as_far_as_it_was_used(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lanes[] = {&fixture->lanes[1], &fixture->lanes[0]};
    struct commit_queue *next = commit_queue_new(lanes, 2, 1);

    assert_non_null(next);
    put_chunk(&fixture->lanes[0]);
    commit_queue_add(fixture->queue, 100);
    commit_queue_copy(next, fixture->queue);
    commit_queue_free(fixture->queue);
    fixture->queue = next;
    put_chunk(&fixture->lanes[0]); /* of another ring */
    put_chunk(&fixture->lanes[1]);
    commit_queue_add(next, 200);
    assert_int_equal(taken(fixture), 0);
    acknowledge(&fixture->lanes[1]);
    assert_int_equal(taken(fixture), 0);
    acknowledge(&fixture->lanes[0]);
    assert_int_equal(taken(fixture), 200);
    put_chunk(&fixture->lanes[1]);
    commit_queue_add(next, 300); /* in the place of an entry that was taken */
    acknowledge(&fixture->lanes[1]);
    assert_int_equal(taken(fixture), 300);
}

#define WITH_LANES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LANES(nothing_forwarded_waits_for_nothing),
        WITH_LANES(every_lane_must_have_acknowledged),
        WITH_LANES(a_begun_chunk_is_not_acknowledged),
        WITH_LANES(nothing_is_published_past_what_was_given_up),
        WITH_LANES(many_entries),
        WITH_LANES(an_acknowledgement_wakes_once_it_is_awaited),
        WITH_LANES(a_former_lane_is_waited_for_as_far_as_it_was_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
