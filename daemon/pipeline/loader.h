// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The loader thread: the only one that keeps capabilities once the daemon runs. It sleeps until the
 * main thread has a job for it, does it, and sleeps again. */

#include <pthread.h>
#include <stdbool.h>

typedef int (*loader_job)(void *data);

struct loader {
    pthread_t thread;
    /* jobs pass under this lock; it is the only one in the daemon (see docs/architecture.md) */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    loader_job job; /* NULL: none waits */
    void *data;
    int result;
    bool stop;
};

/* 0 or -errno. Start it before the capabilities are dropped elsewhere. */
int loader_start(struct loader *loader);
/* Ends the thread after the job in hand. */
void loader_stop(struct loader *loader);

/* Runs the job there and waits for its result. Main thread only. */
int loader_call(struct loader *loader, loader_job job, void *data);
