// SPDX-License-Identifier: Apache-2.0

/* Looking whether there is one costs a load that is nearly always of a line in the cache. An errand
 * can be called off only while nobody has taken it out of the box. */

#include "pipeline/errand.h"

#include <errno.h>
#include <semaphore.h>
#include <stddef.h>
#include <time.h>

struct errand {
    void (*run)(void *data);
    void *data;
    sem_t done;
    atomic_bool over; /* says what `done` says; the thread sanitizer does not know that one */
};

void errand_run(struct errand_box *box)
{
    struct errand *errand;

    if (!atomic_load_explicit(&box->posted, memory_order_relaxed))
        return;
    errand = atomic_exchange_explicit(&box->posted, NULL, memory_order_acquire);
    if (!errand)
        return;
    errand->run(errand->data);
    atomic_store_explicit(&errand->over, true, memory_order_release);
    sem_post(&errand->done);
}

/* until NULL: for ever. */
static bool wait_for(struct errand *errand, const struct timespec *until)
{
    int result;

    do
        result =
            until ? sem_clockwait(&errand->done, CLOCK_MONOTONIC, until) : sem_wait(&errand->done);
    while (result < 0 && errno == EINTR);
    return result == 0 && atomic_load_explicit(&errand->over, memory_order_acquire);
}

bool errand_send(struct errand_box *box, void (*run)(void *data), void *data,
                 void (*wake)(void *data), void *wake_data)
{
    struct errand errand = {.run = run, .data = data};
    struct errand *posted = &errand;
    struct timespec until;
    bool done;

    sem_init(&errand.done, 0, 0);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ERRAND_WAIT_S;
    atomic_store_explicit(&box->posted, posted, memory_order_release);
    wake(wake_data);
    done =
        wait_for(&errand, &until) ||
        (!atomic_compare_exchange_strong(&box->posted, &posted, NULL) && wait_for(&errand, NULL));
    sem_destroy(&errand.done);
    return done;
}
