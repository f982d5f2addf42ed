// SPDX-License-Identifier: Apache-2.0

/* Looking whether there is a task costs one load, nearly always of a line in the cache. A task can
 * be cancelled only while nobody has taken it out of the slot. */

#include "pipeline/task.h"

#include <errno.h>
#include <stddef.h>

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        ;
}

void task_post(struct task_slot *slot, struct task *task)
{
    sem_init(&task->go, 0, 0);
    sem_init(&task->done, 0, 0);
    atomic_store_explicit(&task->state, TASK_POSTED, memory_order_relaxed);
    atomic_store_explicit(&slot->posted, task, memory_order_release);
}

bool task_cancel(struct task_slot *slot, struct task *task)
{
    struct task *posted = task;

    return atomic_compare_exchange_strong(&slot->posted, &posted, NULL);
}

enum task_state task_state(const struct task *task)
{
    return atomic_load_explicit(&task->state, memory_order_acquire);
}

void task_let_run(struct task *task)
{
    sem_post(&task->go);
    wait_for(&task->done);
}

/* Once the state is DONE, the task's memory may be gone. A poster that waits needs no on_change().
 */
void task_run(struct task_slot *slot)
{
    void (*on_change)(void *data);
    struct task *task;
    void *on_change_data;

    if (!atomic_load_explicit(&slot->posted, memory_order_relaxed))
        return;
    task = atomic_exchange_explicit(&slot->posted, NULL, memory_order_acquire);
    if (!task)
        return;
    on_change = task->on_change;
    on_change_data = task->on_change_data;
    if (task->waits_for_poster) {
        atomic_store_explicit(&task->state, TASK_READY, memory_order_release);
        on_change(on_change_data);
        wait_for(&task->go);
        task->run(task->data);
        atomic_store_explicit(&task->state, TASK_DONE, memory_order_release);
        sem_post(&task->done);
        return;
    }
    task->run(task->data);
    atomic_store_explicit(&task->state, TASK_DONE, memory_order_release);
    on_change(on_change_data);
}
