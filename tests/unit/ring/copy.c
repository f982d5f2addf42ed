// SPDX-License-Identifier: Apache-2.0
/* Several threads at one reader: reads take turns, one lease at a time, close and flush from
 * anywhere. Made for TSan. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ring/fake.h"
#include "ring/reader.h"

enum { READERS = 4, RECORDS = 20000 };

struct shared {
    struct fake *fake;
    struct ringmill_reader *reader;
    atomic_bool stop;
    _Atomic uint64_t sum;
    _Atomic uint64_t records;
    _Atomic uint64_t flushed;
    _Atomic uint64_t busy;
};

static int set_up(void **state)
{
    static struct shared shared;
    struct ringmill_ring *ring;

    shared = (struct shared){0};
    assert_int_equal(fake_new(4096, 0, &shared.fake), 0);
    assert_int_equal(fake_open(shared.fake, NULL, NULL, &ring), 0);
    assert_int_equal(ringmill_reader_new(NULL, NULL, &shared.reader), 0);
    assert_int_equal(ringmill_reader_add(shared.reader, ring, &shared), 0);
    ringmill_reader_release(shared.reader);
    *state = &shared;
    return 0;
}

static int tear_down(void **state)
{
    struct shared *shared = *state;

    ringmill_reader_free(shared->reader);
    fake_free(shared->fake);
    return 0;
}

static void *read_until_closed(void *argument)
{
    struct shared *shared = argument;
    struct ringmill_record record = {0};
    int outcome;

    while ((outcome = ringmill_reader_read(shared->reader, &record)) != RINGMILL_CLOSED) {
        if (outcome == RINGMILL_FLUSHED)
            shared->flushed++;
        if (outcome != RINGMILL_READY)
            continue;
        assert_ptr_equal(record.user, shared);
        shared->sum += *(uint64_t *)record.data;
        shared->records++;
    }
    free(record.data);
    return NULL;
}

static void *disturb(void *argument)
{
    struct shared *shared = argument;
    struct ringmill_counters counters;

    while (!shared->stop) {
        ringmill_reader_wake(shared->reader);
        ringmill_reader_flush(shared->reader);
        ringmill_reader_set_deadline(shared->reader, ring_now() + 100000);
        ringmill_reader_counters(shared->reader, &counters);
        sched_yield();
    }
    ringmill_reader_set_deadline(shared->reader, RINGMILL_FOREVER);
    return NULL;
}

static void reads_of_many_threads_take_turns(void **state)
{
    struct shared *shared = *state;
    pthread_t readers[READERS], disturber;

    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_until_closed, shared), 0);
    assert_int_equal(pthread_create(&disturber, NULL, disturb, shared), 0);
    for (uint64_t i = 1; i <= RECORDS; i++)
        while (fake_write(shared->fake, &i, sizeof(i), 0) < 0)
            sched_yield();
    while (shared->records < RECORDS || shared->flushed == 0)
        sched_yield();
    shared->stop = true;
    pthread_join(disturber, NULL);
    ringmill_reader_close(shared->reader);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(shared->sum, (uint64_t)RECORDS * (RECORDS + 1) / 2);
    assert_true(shared->flushed > 0);
}

static void *lease_or_be_refused(void *argument)
{
    struct shared *shared = argument;
    struct ringmill_batch batch;
    int n;

    while ((n = ringmill_reader_next_batch(shared->reader, &batch)) != 0 || !shared->stop) {
        if (n == -EBUSY) {
            shared->busy++;
            sched_yield();
            continue;
        }
        assert_true(n >= 0);
        for (int i = 0; i < n; i++) {
            shared->sum += *(const uint64_t *)batch.views[i].data;
            shared->records++;
        }
        if (n > 0)
            ringmill_ring_commit(batch.ring, batch.end);
        ringmill_reader_release(shared->reader);
    }
    ringmill_reader_release(shared->reader);
    return NULL;
}

static void one_lease_at_a_time(void **state)
{
    struct shared *shared = *state;
    pthread_t threads[READERS];

    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, lease_or_be_refused, shared), 0);
    for (uint64_t i = 1; i <= RECORDS; i++)
        while (fake_write(shared->fake, &i, sizeof(i), 0) < 0)
            sched_yield();
    shared->stop = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shared->records, RECORDS);
    assert_int_equal(shared->sum, (uint64_t)RECORDS * (RECORDS + 1) / 2);
}

static void *try_everything(void *argument)
{
    struct shared *shared = argument;
    struct ringmill_record record = {0};
    struct ringmill_view view;
    struct ringmill_batch batch;

    assert_int_equal(ringmill_reader_lease(shared->reader), -EBUSY);
    assert_int_equal(ringmill_reader_next(shared->reader, &view), -EBUSY);
    assert_int_equal(ringmill_reader_next_batch(shared->reader, &batch), -EBUSY);
    assert_int_equal(ringmill_reader_wait(shared->reader, RINGMILL_NOW), -EBUSY);
    assert_int_equal(ringmill_reader_read(shared->reader, &record), -EBUSY);
    ringmill_reader_release(shared->reader); /* not its own: nothing happens */
    return NULL;
}

static void a_second_caller_is_refused_everywhere(void **state)
{
    struct shared *shared = *state;
    struct ringmill_batch batch;
    pthread_t thread;
    uint64_t number = 1;

    assert_int_equal(fake_write(shared->fake, &number, sizeof(number), 0), 0);
    assert_int_equal(ringmill_reader_next_batch(shared->reader, &batch), 1);
    assert_int_equal(pthread_create(&thread, NULL, try_everything, shared), 0);
    pthread_join(thread, NULL);
    assert_int_equal(ringmill_reader_lease(shared->reader), 0);
}

static void a_copy_does_not_commit_what_is_held_back(void **state)
{
    struct shared *shared = *state;
    struct ringmill_record record = {0};
    struct ringmill_batch batch;
    uint64_t number = 1;

    assert_int_equal(fake_write(shared->fake, &number, sizeof(number), 0), 0);
    assert_int_equal(ringmill_reader_next_batch(shared->reader, &batch), 1);
    assert_int_equal(ringmill_reader_read(shared->reader, &record), -EBUSY);
    ringmill_ring_commit(batch.ring, batch.end);
    ringmill_reader_set_deadline(shared->reader, RINGMILL_NOW);
    assert_int_equal(ringmill_reader_read(shared->reader, &record), RINGMILL_DEADLINE);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROW(reads_of_many_threads_take_turns),
        ROW(one_lease_at_a_time),
        ROW(a_second_caller_is_refused_everywhere),
        ROW(a_copy_does_not_commit_what_is_held_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
