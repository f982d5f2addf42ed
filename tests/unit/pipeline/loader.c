// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FOREVER (UINT64_C(3600) * 1000 * 1000 * 1000)

struct work {
    sem_t begun, end, rung;
};

static int job(void *data)
{
    struct work *work = data;

    sem_post(&work->begun);
    sem_wait(&work->end);
    return 7;
}

static void ring(void *data)
{
    sem_post(&((struct work *)data)->rung);
}

static void work_init(struct work *work)
{
    sem_init(&work->begun, 0, 0);
    sem_init(&work->end, 0, 0);
    sem_init(&work->rung, 0, 0);
}

static void a_job_that_hangs_can_be_left(void **state)
{
    struct loader loader;
    struct work work;
    int result = 0;

    (void)state;
    work_init(&work);
    assert_int_equal(loader_start(&loader), 0);
    loader_begin(&loader, job, &work, NULL, NULL);
    sem_wait(&work.begun);
    assert_false(loader_wait(&loader, 1000, &result));
    assert_int_equal(result, 0);
    sem_post(&work.end);
    assert_true(loader_wait(&loader, FOREVER, &result));
    assert_int_equal(result, 7);
    assert_true(loader_wait(&loader, 0, &result)); /* there is none */
    loader_stop(&loader);
}

static void a_job_rings_when_it_is_done(void **state)
{
    struct loader loader;
    struct work work;

    (void)state;
    work_init(&work);
    assert_int_equal(loader_start(&loader), 0);
    loader_begin(&loader, job, &work, ring, &work);
    sem_wait(&work.begun);
    assert_true(loader_busy(&loader));
    sem_post(&work.end);
    sem_wait(&work.rung);
    assert_false(loader_busy(&loader));
    sem_post(&work.end);
    assert_int_equal(loader_call(&loader, job, &work), 7);
    loader_stop(&loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_hangs_can_be_left),
        cmocka_unit_test(a_job_rings_when_it_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
