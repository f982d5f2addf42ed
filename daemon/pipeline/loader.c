// SPDX-License-Identifier: Apache-2.0

/* A mutex and a condition are enough: a few jobs in a daemon's life, none on a record's way. A job
 * runs without the lock, so that whoever waits for it can stop waiting. */

#include "pipeline/loader.h"

#include <time.h>

#include "base/thread.h"

/* Under the lock, before and after. */
static void run_job(struct loader *loader)
{
    int result;

    pthread_mutex_unlock(&loader->lock);
    result = loader->job(loader->data);
    pthread_mutex_lock(&loader->lock);
    loader->result = result;
    loader->job = NULL;
}

static void tell_done(struct loader *loader)
{
    atomic_store(&loader->busy, false);
    loader->on_done(loader->on_done_data);
    loader->on_done = NULL;
}

static void *loader_main(void *data)
{
    struct loader *loader = data;

    thread_allow_setup();
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        while (!loader->job && !loader->stop)
            pthread_cond_wait(&loader->changed, &loader->lock);
        if (!loader->job)
            break;
        run_job(loader);
        if (loader->on_done)
            tell_done(loader);
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

int loader_start(struct loader *loader)
{
    pthread_condattr_t attributes;

    *loader = (struct loader){.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&loader->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return thread_start(&loader->thread, "loader", loader_main, loader);
}

void loader_stop(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    pthread_join(loader->thread, NULL);
}

int loader_call(struct loader *loader, loader_job job, void *data)
{
    int result;

    pthread_mutex_lock(&loader->lock);
    while (loader->job)
        pthread_cond_wait(&loader->changed, &loader->lock);
    loader->data = data;
    loader->job = job;
    pthread_cond_broadcast(&loader->changed);
    while (loader->job)
        pthread_cond_wait(&loader->changed, &loader->lock);
    result = loader->result;
    pthread_mutex_unlock(&loader->lock);
    return result;
}

void loader_begin(struct loader *loader, loader_job job, void *data, void (*on_done)(void *data),
                  void *on_done_data)
{
    atomic_store(&loader->busy, on_done != NULL);
    pthread_mutex_lock(&loader->lock);
    loader->on_done = on_done;
    loader->on_done_data = on_done_data;
    loader->data = data;
    loader->job = job;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

bool loader_wait(struct loader *loader, uint64_t timeout_ns, int *ret_result)
{
    struct timespec until;
    bool done;
    int waited = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(timeout_ns % 1000000000);
    until.tv_sec += (time_t)(timeout_ns / 1000000000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&loader->lock);
    while (loader->job && waited == 0)
        waited = pthread_cond_timedwait(&loader->changed, &loader->lock, &until);
    done = !loader->job;
    if (done)
        *ret_result = loader->result;
    pthread_mutex_unlock(&loader->lock);
    return done;
}

bool loader_busy(const struct loader *loader)
{
    return atomic_load(&loader->busy);
}
