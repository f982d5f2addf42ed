// SPDX-License-Identifier: Apache-2.0
#include "pipeline/errand.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct clerk {
    struct errand_box box;
    sem_t rung;
    atomic_bool stop;
    int done; /* by errands only */
};

static void ring(void *data)
{
    sem_post(&((struct clerk *)data)->rung);
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

static struct errand errand_of(struct clerk *clerk, bool meets)
{
    return (struct errand){
        .run = count, .data = clerk, .on_change = ring, .on_change_data = clerk, .meets = meets};
}

static void await(struct clerk *clerk, const struct errand *errand, enum errand_state state)
{
    while (errand_state(errand) != state)
        sem_wait(&clerk->rung);
}

static pthread_t employ(struct clerk *clerk)
{
    pthread_t thread;

    sem_init(&clerk->rung, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, work, clerk), 0);
    return thread;
}

static void dismiss(struct clerk *clerk, pthread_t thread)
{
    atomic_store(&clerk->stop, true);
    pthread_join(thread, NULL);
}

static void each_is_run_once(void **state)
{
    enum { ERRANDS = 1000 };
    struct clerk clerk = {.done = 0};
    pthread_t thread = employ(&clerk);

    (void)state;
    for (int i = 1; i <= ERRANDS; i++) {
        struct errand *errand = malloc(sizeof(*errand));

        assert_non_null(errand);
        *errand = errand_of(&clerk, false);
        errand_post(&clerk.box, errand);
        await(&clerk, errand, ERRAND_OVER);
        assert_int_equal(clerk.done, i);
        free(errand); /* nobody looks at it any more */
    }
    dismiss(&clerk, thread);
}

/* While it is met and not run, the asking thread may do what it likes with what the errand changes.
 */
static void one_that_meets_waits_for_the_meeting(void **state)
{
    enum { ERRANDS = 1000 };
    struct clerk clerk = {.done = 0};
    pthread_t thread = employ(&clerk);

    (void)state;
    for (int i = 1; i <= ERRANDS; i++) {
        struct errand *errand = malloc(sizeof(*errand));

        assert_non_null(errand);
        *errand = errand_of(&clerk, true);
        errand_post(&clerk.box, errand);
        await(&clerk, errand, ERRAND_MET);
        assert_false(errand_call_off(&clerk.box, errand));
        assert_int_equal(clerk.done, 2 * (i - 1));
        clerk.done++;
        errand_meet(errand);
        assert_int_equal(clerk.done, 2 * i);
        assert_int_equal(errand_state(errand), ERRAND_OVER);
        free(errand);
    }
    dismiss(&clerk, thread);
}

static void one_that_nobody_takes_is_called_off(void **state)
{
    struct clerk clerk = {.done = 0};
    struct errand errand = errand_of(&clerk, false);

    (void)state;
    errand_post(&clerk.box, &errand);
    assert_int_equal(errand_state(&errand), ERRAND_POSTED);
    assert_true(errand_call_off(&clerk.box, &errand));
    errand_run(&clerk.box);
    assert_int_equal(clerk.done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_run_once),
        cmocka_unit_test(one_that_meets_waits_for_the_meeting),
        cmocka_unit_test(one_that_nobody_takes_is_called_off),
    };

    return cmocka_run_group_tests_name("pipeline/errand", tests, NULL, NULL);
}
