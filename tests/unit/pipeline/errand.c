// SPDX-License-Identifier: Apache-2.0
#include "pipeline/errand.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct clerk {
    struct errand_box box;
    atomic_bool wanted;
    atomic_bool stop;
    int done; /* by errands only */
};

static void ring(void *data)
{
    atomic_store(&((struct clerk *)data)->wanted, true);
}

static void count(void *data)
{
    ((struct clerk *)data)->done++;
}

static void *work(void *data)
{
    struct clerk *clerk = data;

    while (!atomic_load(&clerk->stop))
        errand_run(&clerk->box);
    return NULL;
}

static void each_is_run_once(void **state)
{
    enum { ERRANDS = 1000 };
    struct clerk clerk = {.done = 0};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, work, &clerk), 0);
    for (int i = 1; i <= ERRANDS; i++) {
        assert_true(errand_send(&clerk.box, count, &clerk, ring, &clerk));
        assert_int_equal(clerk.done, i);
    }
    assert_true(clerk.wanted);
    atomic_store(&clerk.stop, true);
    pthread_join(thread, NULL);
}

static void one_that_nobody_takes_is_called_off(void **state)
{
    struct clerk clerk = {.done = 0};

    (void)state;
    assert_false(errand_send(&clerk.box, count, &clerk, ring, &clerk));
    errand_run(&clerk.box);
    assert_int_equal(clerk.done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_run_once),
        cmocka_unit_test(one_that_nobody_takes_is_called_off),
    };

    return cmocka_run_group_tests_name("pipeline/errand", tests, NULL, NULL);
}
