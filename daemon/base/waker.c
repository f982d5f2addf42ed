// SPDX-License-Identifier: Apache-2.0

/* Without the armed flag each handed-over chunk would cost a write(2), also while the other side is
 * awake and would have found it anyway.
 *
 * A ringer first takes the flag and then rings, and may be held up in between. So a bell can come
 * after the sleeper looked for it. That wakes the next sleep once for nothing; the sleeper reads
 * the eventfd whenever it wakes, whoever seems to have rung, so that it can be no more than once.
 */

#include "base/waker.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int waker_init(struct waker *waker)
{
    *waker = (struct waker){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return waker->fd < 0 ? -errno : 0;
}

void waker_deinit(struct waker *waker)
{
    if (waker->fd > 0)
        close(waker->fd);
    waker->fd = -1;
}

void waker_arm(struct waker *waker)
{
    atomic_store_explicit(&waker->armed, true, memory_order_relaxed);
    /* orders this store before the sleeper's second look at its queues; see waker_ring() */
    atomic_thread_fence(memory_order_seq_cst);
}

void waker_disarm(struct waker *waker)
{
    uint64_t rung;

    atomic_store_explicit(&waker->armed, false, memory_order_relaxed);
    while (read(waker->fd, &rung, sizeof(rung)) < 0 && errno == EINTR)
        ;
}

void waker_ring(struct waker *waker)
{
    const uint64_t one = 1;

    /* orders the ringer's work before this load; see waker_arm() */
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&waker->armed, memory_order_relaxed) ||
        !atomic_exchange_explicit(&waker->armed, false, memory_order_relaxed))
        return;
    while (write(waker->fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}
