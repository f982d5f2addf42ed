// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Threads that leave all signals to the main thread, and a join that does not wait forever. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Sent to a thread to make a blocking system call return with EINTR. */
enum { THREAD_INTERRUPT_SIGNAL = 12 }; /* SIGUSR2 */

/* Once per process, before the first thread that thread_interrupt() is meant for. */
void thread_setup_interrupt(void);

/* Starts a thread of that name (at most 15 bytes) with all signals blocked but the interrupt.
 * 0 or -errno. */
int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *data), void *data);

/* True when the thread has ended within the time; it is gone then. */
bool thread_join(pthread_t thread, uint64_t timeout_ns);

/* The thread must not have been joined. A call that is just about to block misses it: repeat. */
void thread_interrupt(pthread_t thread);

/* Setup is opening and closing sources, sinks and handlers. It belongs to the setup thread: the
 * main thread or the loader thread, never two at once, and no other thread at any time. Debug and
 * sanitizer builds assert that between these two calls, which nest. */
void thread_begin_setup(void);
/* Ends what thread_begin_setup() began, on the same thread. */
void thread_end_setup(void);
/* The calling thread, which is not the main thread, may set up: for the loader thread. */
void thread_allow_setup(void);
