// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An eventfd that one thread sleeps on and others ring. The bell costs a system call only when the
 * sleeper has said that it is about to sleep:
 *
 *     sleeper:  waker_arm();  look for work again;  poll(waker->fd) or waker_disarm()
 *     others:   make work visible;  waker_ring()
 *
 * Both sides have a full fence between their store and their load, so one of them sees the other.
 */

#include <stdatomic.h>
#include <stdbool.h>

struct waker {
    int fd; /* readable once rung; immutable after waker_init() */
    atomic_bool armed;
};

/* 0 or -errno. */
int waker_init(struct waker *waker);
/* Accepts a zeroed waker whose fd is -1 or 0. */
void waker_deinit(struct waker *waker);

/* Sleeping thread only: from now on waker_ring() makes fd readable. */
void waker_arm(struct waker *waker);

/* Sleeping thread only: ends waker_arm() and clears what waker_ring() has made readable. */
void waker_disarm(struct waker *waker);

/* Any thread; async-signal-safe. */
void waker_ring(struct waker *waker);
