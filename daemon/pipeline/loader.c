// SPDX-License-Identifier: Apache-2.0

/* A mutex and a condition are enough: a few jobs in a daemon's life, none on a record's way. */

#include "pipeline/loader.h"

#include "base/thread.h"

static void tell_done(struct loader *loader)
{
    atomic_store(&loader->busy, false);
    loader->on_done(loader->on_done_data);
    loader->on_done = NULL;
}

static void *loader_main(void *data)
{
    struct loader *loader = data;

    pthread_mutex_lock(&loader->lock);
    for (;;) {
        while (!loader->job && !loader->stop)
            pthread_cond_wait(&loader->changed, &loader->lock);
        if (!loader->job)
            break;
        loader->result = loader->job(loader->data);
        loader->job = NULL;
        if (loader->on_done)
            tell_done(loader);
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

int loader_start(struct loader *loader)
{
    *loader =
        (struct loader){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
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
    atomic_store(&loader->busy, true);
    pthread_mutex_lock(&loader->lock);
    loader->on_done = on_done;
    loader->on_done_data = on_done_data;
    loader->data = data;
    loader->job = job;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

bool loader_busy(const struct loader *loader)
{
    return atomic_load(&loader->busy);
}
