// SPDX-License-Identifier: Apache-2.0

/* Looking whether there is one costs a load that is nearly always of a line in the cache. An errand
 * can be called off only while nobody has taken it out of the box. */

#include "pipeline/errand.h"

#include <errno.h>
#include <stddef.h>

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        ;
}

void errand_post(struct errand_box *box, struct errand *errand)
{
    sem_init(&errand->go, 0, 0);
    sem_init(&errand->done, 0, 0);
    atomic_store_explicit(&errand->state, ERRAND_POSTED, memory_order_relaxed);
    atomic_store_explicit(&box->posted, errand, memory_order_release);
}

bool errand_call_off(struct errand_box *box, struct errand *errand)
{
    struct errand *posted = errand;

    return atomic_compare_exchange_strong(&box->posted, &posted, NULL);
}

enum errand_state errand_state(const struct errand *errand)
{
    return atomic_load_explicit(&errand->state, memory_order_acquire);
}

void errand_meet(struct errand *errand)
{
    sem_post(&errand->go);
    wait_for(&errand->done);
}

/* From OVER on the errand's memory may be gone; a meeting asks for no ring, since it is waited for.
 */
void errand_run(struct errand_box *box)
{
    void (*on_change)(void *data);
    struct errand *errand;
    void *on_change_data;

    if (!atomic_load_explicit(&box->posted, memory_order_relaxed))
        return;
    errand = atomic_exchange_explicit(&box->posted, NULL, memory_order_acquire);
    if (!errand)
        return;
    on_change = errand->on_change;
    on_change_data = errand->on_change_data;
    if (errand->meets) {
        atomic_store_explicit(&errand->state, ERRAND_MET, memory_order_release);
        on_change(on_change_data);
        wait_for(&errand->go);
        errand->run(errand->data);
        atomic_store_explicit(&errand->state, ERRAND_OVER, memory_order_release);
        sem_post(&errand->done);
        return;
    }
    errand->run(errand->data);
    atomic_store_explicit(&errand->state, ERRAND_OVER, memory_order_release);
    on_change(on_change_data);
}
