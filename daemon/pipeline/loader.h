// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The loader thread: the only one that keeps capabilities once the daemon runs. It sleeps until the
 * main thread has a job for it, does it, and sleeps again.
 *
 * It is the setup thread (base/thread.h) of a reload: its jobs open sources, sinks and handlers of
 * the next graph beside running consumer and writer threads. Meanwhile the main thread sets up
 * nothing. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef int (*loader_job)(void *data);

struct loader {
    pthread_t thread;
    /* held while a job is handed over, taken or given back and while on_done() is called; not while
     * the job runs */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    loader_job job; /* NULL: none waits */
    void *data;
    int result;
    bool stop;
    void (*on_done)(void *data); /* of a job that was begun; NULL: it was called */
    void *on_done_data;

    /* set by the main thread, cleared by the loader thread */
    atomic_bool busy;
};

/* 0 or -errno. Start it before the capabilities are dropped elsewhere. */
int loader_start(struct loader *loader);
/* Ends the thread after the job in hand. */
void loader_stop(struct loader *loader);

/* Runs the job on the loader thread, after one that is already running, and waits for its result.
 * Main thread only. */
int loader_call(struct loader *loader, loader_job job, void *data);

/* Main thread: has the job run there and does not wait; then it is not busy any more, and on_done
 * is called there, with the lock held: it only wakes the main thread. on_done may be NULL: then
 * loader_wait() says when it is done, and it is never called busy. Not while another job is under
 * way. */
void loader_begin(struct loader *loader, loader_job job, void *data, void (*on_done)(void *data),
                  void *on_done_data);
/* Main thread: true, and the result, when no job is under way within the time. */
bool loader_wait(struct loader *loader, uint64_t timeout_ns, int *ret_result);
/* Main thread: a job that was begun has not been done yet. */
bool loader_busy(const struct loader *loader);
