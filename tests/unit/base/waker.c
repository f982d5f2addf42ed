// SPDX-License-Identifier: Apache-2.0
#include "base/waker.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static bool readable(const struct waker *waker)
{
    struct pollfd fd = {.fd = waker->fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static int set_up(void **state)
{
    static struct waker waker;

    *state = &waker;
    return waker_init(&waker);
}

static int tear_down(void **state)
{
    waker_deinit(*state);
    return 0;
}

static void nobody_asleep_costs_no_bell(void **state)
{
    struct waker *waker = *state;

    waker_ring(waker);
    waker_ring(waker);
    assert_false(readable(waker));
    waker_arm(waker);
    assert_false(readable(waker)); /* a ring before the arm is gone: look for work again */
    waker_disarm(waker);
    waker_ring(waker);
    assert_false(readable(waker));
}

static void rings_an_armed_one_once(void **state)
{
    struct waker *waker = *state;
    uint64_t rung = 0;

    waker_arm(waker);
    waker_ring(waker);
    waker_ring(waker);
    waker_ring(waker);
    assert_true(readable(waker));
    assert_int_equal(read(waker->fd, &rung, sizeof(rung)), sizeof(rung));
    assert_int_equal(rung, 1);
}

static void disarm_takes_the_bell(void **state)
{
    struct waker *waker = *state;

    for (int round = 0; round < 3; round++) {
        waker_arm(waker);
        waker_ring(waker);
        assert_true(readable(waker));
        waker_disarm(waker);
        assert_false(readable(waker));
    }
}

static void disarm_without_a_bell_never_blocks(void **state)
{
    struct waker *waker = *state;

    waker_disarm(waker);
    waker_arm(waker);
    waker_disarm(waker);
    waker_disarm(waker);
    assert_false(readable(waker));
}

/* The two halves of waker_ring(), with whatever happens in between. */
static void ring_begin(struct waker *waker)
{
    assert_true(atomic_exchange(&waker->armed, false));
}

static void ring_end(struct waker *waker)
{
    const uint64_t one = 1;

    assert_int_equal(write(waker->fd, &one, sizeof(one)), sizeof(one));
}

/* It may wake the sleeper once for nothing, but not for ever. */
static void a_bell_after_disarm_is_taken_by_the_next(void **state)
{
    struct waker *waker = *state;

    waker_arm(waker);
    ring_begin(waker);
    waker_disarm(waker);
    ring_end(waker);
    waker_arm(waker);
    assert_true(readable(waker));
    waker_disarm(waker);
    assert_false(readable(waker));
    waker_arm(waker);
    assert_false(readable(waker));
    waker_ring(waker);
    assert_true(readable(waker));
    waker_disarm(waker);
    assert_false(readable(waker));
}

static void several_late_bells_are_all_taken(void **state)
{
    struct waker *waker = *state;

    for (int i = 0; i < 3; i++) {
        waker_arm(waker);
        ring_begin(waker);
        waker_disarm(waker);
    }
    ring_end(waker);
    waker_arm(waker);
    waker_disarm(waker); /* one of three */
    ring_end(waker);
    ring_end(waker);
    waker_arm(waker);
    waker_ring(waker); /* and one in time */
    waker_disarm(waker);
    assert_false(readable(waker));
}

static void deinit_accepts_a_zeroed_one(void **state)
{
    struct waker zeroed = {0};
    struct waker closed = {.fd = -1};

    (void)state;
    waker_deinit(&zeroed); /* must not close standard input */
    assert_int_equal(zeroed.fd, -1);
    assert_true(dup2(STDIN_FILENO, STDIN_FILENO) == STDIN_FILENO);
    waker_deinit(&closed);
}

enum { ROUNDS = 100 * 1000, LOOKS = 2000, PATIENCE_MS = 300 * 1000 };

struct pair {
    struct waker ball[2];
    _Atomic uint32_t count[2]; /* relaxed: only the waker's fences order it */
    bool lost;
};

/* Waits until the count of `side` reaches `until`, as the header tells a sleeper to. */
static bool sleep_until(struct pair *pair, int side, uint32_t until)
{
    struct pollfd fd = {.fd = pair->ball[side].fd, .events = POLLIN};

    /* mostly the other side is quick: then the arm and the ring come close together */
    for (uint32_t i = 0; until % 8 != 0 && i < LOOKS; i++)
        if (atomic_load_explicit(&pair->count[side], memory_order_relaxed) >= until)
            break;
    while (atomic_load_explicit(&pair->count[side], memory_order_relaxed) < until) {
        bool woken = true;

        waker_arm(&pair->ball[side]);
        if (atomic_load_explicit(&pair->count[side], memory_order_relaxed) < until)
            woken = poll(&fd, 1, PATIENCE_MS) == 1;
        waker_disarm(&pair->ball[side]);
        if (!woken)
            return false;
    }
    return true;
}

static void serve(struct pair *pair, int side, uint32_t count)
{
    atomic_store_explicit(&pair->count[side], count, memory_order_relaxed);
    waker_ring(&pair->ball[side]);
}

static void *play_back(void *data)
{
    struct pair *pair = data;

    for (uint32_t i = 1; i <= ROUNDS; i++) {
        if (!sleep_until(pair, 1, i)) {
            pair->lost = true;
            return NULL;
        }
        serve(pair, 0, i);
    }
    return NULL;
}

static void two_threads_lose_no_wake_up(void **state)
{
    struct pair pair = {.lost = false};
    bool lost = false;
    pthread_t other;

    (void)state;
    assert_int_equal(waker_init(&pair.ball[0]), 0);
    assert_int_equal(waker_init(&pair.ball[1]), 0);
    assert_int_equal(pthread_create(&other, NULL, play_back, &pair), 0);
    for (uint32_t i = 1; i <= ROUNDS && !lost; i++) {
        serve(&pair, 1, i);
        lost = !sleep_until(&pair, 0, i);
    }
    pthread_join(other, NULL);
    assert_false(lost);
    assert_false(pair.lost);
    /* the last ringer has returned, so at most a late bell is still there */
    for (int side = 0; side < 2; side++) {
        waker_arm(&pair.ball[side]);
        waker_disarm(&pair.ball[side]);
        assert_false(readable(&pair.ball[side]));
        waker_deinit(&pair.ball[side]);
    }
}

#define WITH_WAKER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WAKER(nobody_asleep_costs_no_bell),
        WITH_WAKER(rings_an_armed_one_once),
        WITH_WAKER(disarm_takes_the_bell),
        WITH_WAKER(disarm_without_a_bell_never_blocks),
        WITH_WAKER(a_bell_after_disarm_is_taken_by_the_next),
        WITH_WAKER(several_late_bells_are_all_taken),
        cmocka_unit_test(deinit_accepts_a_zeroed_one),
        cmocka_unit_test(two_threads_lose_no_wake_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
