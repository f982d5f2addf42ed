// SPDX-License-Identifier: Apache-2.0
#include "base/lane.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A lane without a second thread: the test takes both sides in turn. */
struct fixture {
    struct waker writer;
    struct lane lane;
    uint32_t room_calls;
};

static void count_room(void *data)
{
    ((struct fixture *)data)->room_calls++;
}

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    if (waker_init(&fixture.writer) < 0)
        return -1;
    return lane_init(&fixture.lane, 32, 1, LANE_BLOCK, &fixture.writer, count_room, &fixture);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    lane_deinit(&fixture->lane);
    waker_deinit(&fixture->writer);
    return 0;
}

static void put(struct lane *lane, const char *text)
{
    uint32_t room;
    char *tail = lane_tail(lane, &room);

    assert_true(room >= strlen(text));
    memcpy(tail, text, strlen(text));
    lane_add(lane, (uint32_t)strlen(text), 1);
}

/* Fills and hands over one chunk of one event. */
static void put_chunk(struct lane *lane, const char *text)
{
    put(lane, text);
    lane_next_chunk(lane);
    lane_hand_over(lane, LANE_FULL);
}

static void expect_chunk(struct lane *lane, const char *text, uint32_t events)
{
    struct chunk *chunk = lane_take(lane);

    assert_non_null(chunk);
    assert_int_equal(chunk->used, strlen(text));
    assert_int_equal(chunk->events, events);
    assert_memory_equal(chunk->bytes, text, strlen(text));
    lane_give_back(lane, chunk, events, false);
}

/* The worst batch: each event as long as may be, each chunk left with a little less than one event
 * of room. SURE bytes of a chunk are always used, and one chunk more is being filled. */
static void reserve_suffices_for_the_worst_batch(void **state)
{
    static const struct {
        uint32_t batch, copies, reserve, chunks;
    } rows[] = {
        {1, 1, 2, LANE_CHUNKS},   {3, 1, 2, LANE_CHUNKS},   {4, 1, 3, LANE_CHUNKS},
        {32, 1, 12, LANE_CHUNKS}, {45, 1, 16, LANE_CHUNKS}, {46, 1, 17, 34},
        {32, 2, 23, 46},          {256, 1, 87, 174},        {256, 64, 5463, 10926},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct waker writer = {.fd = -1};
        struct lane lane;

        assert_int_equal(
            lane_init(&lane, rows[i].batch, rows[i].copies, LANE_BLOCK, &writer, count_room, NULL),
            0);
        assert_int_equal(lane.reserve, rows[i].reserve);
        assert_int_equal(lane.n_chunks, rows[i].chunks);
        assert_int_equal(lane.n_spare, rows[i].chunks);
        assert_true(lane_make_room(&lane));
        lane_deinit(&lane);
    }
}

/* Both of the longest events, and of those that waste most of each chunk. */
static void a_batch_never_needs_more_than_the_reserve(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    static const uint32_t lengths[] = {EVENT_MAX, EVENT_MAX - 1, CHUNK_BYTES / 5 + 1,
                                       CHUNK_BYTES / 4 - 1};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct chunk *chunk;
        uint32_t room, spare = lane->n_spare;

        lane_tail(lane, &room);
        lane_add(lane, lengths[i], 1); /* a chunk that is open already */
        for (uint32_t record = 0; record < 32; record++) {
            lane_tail(lane, &room);
            if (room < EVENT_MAX)
                lane_next_chunk(lane);
            lane_tail(lane, &room);
            assert_true(room >= EVENT_MAX);
            lane_add(lane, lengths[i], 1);
        }
        assert_true(spare - lane->n_spare <= lane->reserve);
        lane_hand_over(lane, LANE_BEGUN);
        while ((chunk = lane_take(lane)))
            lane_give_back(lane, chunk, chunk->events, false);
        assert_true(lane_make_room(lane));
    }
}

static void the_tail_follows_what_was_added(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    uint32_t room;
    char *tail = lane_tail(lane, &room);

    assert_int_equal(room, CHUNK_BYTES);
    memcpy(tail, "scribbled", 9);
    assert_ptr_equal(lane_tail(lane, &room), tail); /* counts only once it is added */
    assert_int_equal(room, CHUNK_BYTES);
    lane_add(lane, 9, 1);
    assert_ptr_equal(lane_tail(lane, &room), tail + 9);
    assert_int_equal(room, CHUNK_BYTES - 9);
    lane_add(lane, CHUNK_BYTES - 9, 3);
    lane_tail(lane, &room);
    assert_int_equal(room, 0);
    lane_next_chunk(lane);
    assert_ptr_not_equal(lane_tail(lane, &room), tail);
    assert_int_equal(room, CHUNK_BYTES);
    assert_int_equal(counter_get(&lane->forwarded), 4);
}

static void the_next_chunk_of_an_empty_one_is_itself(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    uint32_t room, spare = lane->n_spare;
    char *tail;

    lane_next_chunk(lane); /* none is open */
    tail = lane_tail(lane, &room);
    lane_next_chunk(lane);
    assert_ptr_equal(lane_tail(lane, &room), tail);
    lane_hand_over(lane, LANE_BEGUN);
    assert_null(lane_take(lane));
    assert_int_equal(lane->n_spare, spare - 1);
}

static void full_chunks_go_and_the_open_one_stays(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;

    put(lane, "one\n");
    put(lane, "two\n");
    lane_hand_over(lane, LANE_FULL);
    assert_null(lane_take(lane));
    lane_next_chunk(lane);
    put(lane, "three\n");
    lane_hand_over(lane, LANE_FULL);
    expect_chunk(lane, "one\ntwo\n", 2);
    assert_null(lane_take(lane));
    lane_hand_over(lane, LANE_BEGUN);
    expect_chunk(lane, "three\n", 1);
    assert_null(lane_take(lane));
}

static void hand_over_rings_only_for_chunks(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd bell = {.fd = fixture->writer.fd, .events = POLLIN};

    waker_arm(&fixture->writer);
    lane_hand_over(&fixture->lane, LANE_BEGUN);
    put(&fixture->lane, "x");
    lane_hand_over(&fixture->lane, LANE_FULL);
    assert_int_equal(poll(&bell, 1, 0), 0);
    lane_hand_over(&fixture->lane, LANE_BEGUN);
    assert_int_equal(poll(&bell, 1, 0), 1);
}

static void counts_what_is_in_flight(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    struct chunk *chunk;

    assert_int_equal(lane_in_flight(lane), 0);
    for (int i = 0; i < 5; i++)
        put(lane, "x\n");
    assert_int_equal(lane_in_flight(lane), 5);
    lane_hand_over(lane, LANE_BEGUN);
    put(lane, "y\n");
    chunk = lane_take(lane);
    assert_int_equal(lane_in_flight(lane), 6);
    lane_give_back(lane, chunk, 3, false); /* the sink took three lines and broke */
    assert_int_equal(lane_in_flight(lane), 1);
    assert_int_equal(counter_get(&lane->forwarded), 6);
    assert_int_equal(counter_get(&lane->delivered), 3);
    assert_int_equal(counter_get(&lane->abandoned), 2);
    lane_hand_over(lane, LANE_BEGUN);
    lane_give_back(lane, lane_take(lane), 0, false);
    assert_int_equal(counter_get(&lane->delivered), 3);
    assert_int_equal(counter_get(&lane->abandoned), 3);
    assert_int_equal(lane_in_flight(lane), 0);
}

static void says_once_that_there_is_room_again(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    uint32_t sent = 0;

    while (lane_make_room(lane)) {
        put_chunk(lane, "x\n");
        sent++;
    }
    assert_int_equal(sent, lane->n_chunks - lane->reserve + 1);
    assert_true(atomic_load(&lane->awaited));
    assert_false(lane_make_room(lane)); /* asking again changes nothing */
    assert_int_equal(fixture->room_calls, 0);
    lane_give_back(lane, lane_take(lane), 1, false);
    assert_int_equal(fixture->room_calls, 1);
    lane_give_back(lane, lane_take(lane), 1, false);
    assert_int_equal(fixture->room_calls, 1); /* nobody has asked in between */
    assert_true(lane_make_room(lane));
    assert_false(atomic_load(&lane->awaited));
    while (lane_take(lane))
        ; /* the others stay with the writer */
}

static void room_that_came_back_unasked_needs_no_call(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;

    while (lane_make_room(lane))
        put_chunk(lane, "x\n");
    atomic_store(&lane->awaited, false);
    lane_give_back(lane, lane_take(lane), 1, false);
    assert_int_equal(fixture->room_calls, 0);
    assert_true(lane_make_room(lane));
}

/* Little by little, to a writer that is busy: not a chunk for each bit, but one that fills. */
static void a_begun_chunk_waits_while_the_writer_has_enough(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    uint32_t spare = lane->n_spare;

    for (int i = 0; i < 100; i++) {
        put(lane, "x\n");
        lane_hand_over(lane, LANE_BEGUN);
    }
    assert_int_equal(lane->n_spare, spare - LANE_AHEAD - 1);
    assert_true(atomic_load(&lane->awaited));
    expect_chunk(lane, "x\n", 1);
    assert_int_equal(fixture->room_calls, 1);
    lane_hand_over(lane, LANE_BEGUN); /* what a woken consumer does */
    expect_chunk(lane, "x\n", 1);
    assert_int_equal(lane_take(lane)->events, 98);
}

static void all_goes_at_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;

    lane->overflow = LANE_DROP_OLDEST;
    for (int i = 0; i < 10; i++)
        put_chunk(lane, "x\n");
    assert_int_equal(lane->n_full, 10 - LANE_AHEAD);
    put(lane, "last\n");
    lane_hand_over(lane, LANE_ALL);
    for (int i = 0; i < 10; i++)
        expect_chunk(lane, "x\n", 1);
    expect_chunk(lane, "last\n", 1);
    assert_int_equal(lane_dropped(lane), 0);
}

static void the_newest_are_refused_until_chunks_are_back(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    uint32_t sent = 0;

    lane->overflow = LANE_DROP_NEWEST;
    while (lane_make_room(lane) && !lane->refuses) {
        put_chunk(lane, "old\n");
        sent++;
    }
    lane_refuse(lane, 7);
    assert_true(lane_make_room(lane));
    assert_true(lane->refuses);
    assert_int_equal(lane_dropped(lane), 7);
    assert_int_equal(lane_in_flight(lane), sent);
    expect_chunk(lane, "old\n", 1);
    assert_true(lane_make_room(lane));
    assert_false(lane->refuses);
    put_chunk(lane, "new\n");
    for (uint32_t i = 1; i < sent; i++)
        expect_chunk(lane, "old\n", 1);
    expect_chunk(lane, "new\n", 1);
    assert_int_equal(lane_in_flight(lane), 0);
    assert_int_equal(counter_get(&lane->forwarded), sent + 8);
    assert_int_equal(counter_get(&lane->delivered), sent + 1);
}

/* Whatever is thrown away is older than whatever is kept, but for what the writer has already. */
static void the_oldest_go_first(void **state)
{
    struct fixture *fixture = *state;
    struct lane *lane = &fixture->lane;
    char text[16];
    int sent = 100;

    lane->overflow = LANE_DROP_OLDEST;
    for (int i = 0; i < sent; i++) {
        assert_true(lane_make_room(lane));
        snprintf(text, sizeof(text), "%d\n", i);
        put_chunk(lane, text);
    }
    expect_chunk(lane, "0\n", 1);
    expect_chunk(lane, "1\n", 1);
    assert_null(lane_take(lane));
    lane_hand_over(lane, LANE_ALL);
    for (int i = 2 + (int)lane_dropped(lane); i < sent; i++) {
        snprintf(text, sizeof(text), "%d\n", i);
        expect_chunk(lane, text, 1);
    }
    assert_null(lane_take(lane));
    assert_true(lane_dropped(lane) > 0);
    assert_int_equal(counter_get(&lane->delivered) + lane_dropped(lane), sent);
    assert_int_equal(lane_in_flight(lane), 0);
}

static void deinit_accepts_a_zeroed_one(void **state)
{
    struct lane lane = {0};

    (void)state;
    lane_deinit(&lane);
    lane_deinit(&lane);
}

/* ---- two threads ----------------------------------------------------------------------------- */

enum { EVENTS = 100 * 1000, EVENT_BYTES = 64, PATIENCE_MS = 300 * 1000 };

struct traffic {
    struct waker writer;
    struct waker consumer;
    struct lane lane;
    uint64_t out_of_order; /* seen by the writer thread */
    uint64_t seen;
    bool writer_lost;
};

static void wake_consumer(void *data)
{
    waker_ring(&((struct traffic *)data)->consumer);
}

static bool wait_for(struct waker *waker)
{
    struct pollfd bell = {.fd = waker->fd, .events = POLLIN};

    return poll(&bell, 1, PATIENCE_MS) == 1;
}

static void check_chunk(struct traffic *traffic, const struct chunk *chunk)
{
    for (uint32_t at = 0; at < chunk->used; at += EVENT_BYTES) {
        uint64_t number;

        memcpy(&number, chunk->bytes + at, sizeof(number));
        traffic->out_of_order += number != traffic->seen++;
    }
}

static void *writer(void *data)
{
    struct traffic *traffic = data;

    while (traffic->seen < EVENTS) {
        struct chunk *chunk = lane_take(&traffic->lane);

        if (chunk) {
            check_chunk(traffic, chunk);
            lane_give_back(&traffic->lane, chunk, chunk->events - chunk->events / 3, false);
            continue;
        }
        waker_arm(&traffic->writer);
        if (queue_empty(&traffic->lane.handed) && !wait_for(&traffic->writer)) {
            traffic->writer_lost = true;
            return NULL;
        }
        waker_disarm(&traffic->writer);
    }
    return NULL;
}

static void put_number(struct lane *lane, uint64_t number)
{
    uint32_t room;
    char *tail = lane_tail(lane, &room);

    if (room < EVENT_BYTES) {
        lane_next_chunk(lane);
        tail = lane_tail(lane, &room);
    }
    memcpy(tail, &number, sizeof(number));
    lane_add(lane, EVENT_BYTES, 1);
}

/* Batches of one event, each handed over: the lane starves as often as it can. */
static void starving_and_room_between_two_threads(void **state)
{
    static struct traffic traffic;
    bool lost = false;
    pthread_t thread;

    (void)state;
    assert_int_equal(waker_init(&traffic.writer), 0);
    assert_int_equal(waker_init(&traffic.consumer), 0);
    assert_int_equal(
        lane_init(&traffic.lane, 32, 1, LANE_BLOCK, &traffic.writer, wake_consumer, &traffic), 0);
    assert_int_equal(pthread_create(&thread, NULL, writer, &traffic), 0);
    for (uint64_t i = 0; i < EVENTS && !lost; i++) {
        while (!lost && !lane_make_room(&traffic.lane)) {
            waker_arm(&traffic.consumer);
            if (!lane_make_room(&traffic.lane))
                lost = !wait_for(&traffic.consumer);
            waker_disarm(&traffic.consumer);
        }
        put_number(&traffic.lane, i);
        lane_hand_over(&traffic.lane, i % 5 != 0 || i + 1 == EVENTS ? LANE_BEGUN : LANE_FULL);
        assert_true(lane_in_flight(&traffic.lane) <= i + 1);
    }
    lane_hand_over(&traffic.lane, LANE_ALL);
    pthread_join(thread, NULL);
    assert_false(lost);
    assert_false(traffic.writer_lost);
    assert_int_equal(traffic.seen, EVENTS);
    assert_int_equal(traffic.out_of_order, 0);
    assert_int_equal(counter_get(&traffic.lane.forwarded), EVENTS);
    assert_int_equal(lane_in_flight(&traffic.lane), 0);
    lane_deinit(&traffic.lane);
    waker_deinit(&traffic.writer);
    waker_deinit(&traffic.consumer);
}

#define WITH_LANE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserve_suffices_for_the_worst_batch),
        WITH_LANE(a_batch_never_needs_more_than_the_reserve),
        WITH_LANE(the_tail_follows_what_was_added),
        WITH_LANE(the_next_chunk_of_an_empty_one_is_itself),
        WITH_LANE(full_chunks_go_and_the_open_one_stays),
        WITH_LANE(hand_over_rings_only_for_chunks),
        WITH_LANE(counts_what_is_in_flight),
        WITH_LANE(says_once_that_there_is_room_again),
        WITH_LANE(room_that_came_back_unasked_needs_no_call),
        WITH_LANE(a_begun_chunk_waits_while_the_writer_has_enough),
        WITH_LANE(all_goes_at_the_end),
        WITH_LANE(the_newest_are_refused_until_chunks_are_back),
        WITH_LANE(the_oldest_go_first),
        cmocka_unit_test(deinit_accepts_a_zeroed_one),
        cmocka_unit_test(starving_and_room_between_two_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
