// SPDX-License-Identifier: Apache-2.0
#include "pipeline/task.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct clerk {
    struct task_slot slot;
    sem_t rung;
    atomic_bool stop;
    int done; /* by tasks only */
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
        task_run(&clerk->slot);
    return NULL;
}

static struct task task_of(struct clerk *clerk, bool waits_for_poster)
{
    return (struct task){.run = count,
                         .data = clerk,
                         .on_change = ring,
                         .on_change_data = clerk,
                         .waits_for_poster = waits_for_poster};
}

static void await(struct clerk *clerk, const struct task *task, enum task_state state)
{
    while (task_state(task) != state)
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

/* A new task in memory of its own, which the caller frees. */
static struct task *post(struct clerk *clerk, bool meets)
{
    struct task *task = malloc(sizeof(*task));

    assert_non_null(task);
    *task = task_of(clerk, meets);
    task_post(&clerk->slot, task);
    return task;
}

static void each_is_run_once(void **state)
{
    enum { TASKS = 1000 };
    struct clerk clerk = {.done = 0};
    pthread_t thread = employ(&clerk);

    (void)state;
    for (int i = 1; i <= TASKS; i++) {
        struct task *task = post(&clerk, false);

        await(&clerk, task, TASK_DONE);
        assert_int_equal(clerk.done, i);
        free(task); /* nobody looks at it any more */
    }
    dismiss(&clerk, thread);
}

/* While it is met and not run, the asking thread may do what it likes with what the task changes.
 */
static void one_that_meets_waits_for_the_meeting(void **state)
{
    enum { TASKS = 1000 };
    struct clerk clerk = {.done = 0};
    pthread_t thread = employ(&clerk);

    (void)state;
    for (int i = 1; i <= TASKS; i++) {
        struct task *task = post(&clerk, true);

        await(&clerk, task, TASK_READY);
        assert_false(task_cancel(&clerk.slot, task));
        assert_int_equal(clerk.done, 2 * (i - 1));
        clerk.done++;
        task_let_run(task);
        assert_int_equal(clerk.done, 2 * i);
        assert_int_equal(task_state(task), TASK_DONE);
        free(task);
    }
    dismiss(&clerk, thread);
}

static void one_that_nobody_takes_is_called_off(void **state)
{
    struct clerk clerk = {.done = 0};
    struct task task = task_of(&clerk, false);

    (void)state;
    task_post(&clerk.slot, &task);
    assert_int_equal(task_state(&task), TASK_POSTED);
    assert_true(task_cancel(&clerk.slot, &task));
    task_run(&clerk.slot);
    assert_int_equal(clerk.done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_run_once),
        cmocka_unit_test(one_that_meets_waits_for_the_meeting),
        cmocka_unit_test(one_that_nobody_takes_is_called_off),
    };

    return cmocka_run_group_tests_name("pipeline/task", tests, NULL, NULL);
}
