// SPDX-License-Identifier: Apache-2.0

/* With pacing, a record becomes readable when as much time has passed since the first one as when
 * they were recorded. The clock records give that time, to the millisecond and by batch. If they go
 * backwards (a section of another boot follows), nothing waits until the earlier time is reached
 * again. */

#include "source/feeder.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/thread.h"
#include "capture/capture.h"
#include "ring/linear.h"

enum { LOOK_NS = 1000 * 1000 }; /* how often to check how far the reader is */

/* False: the thread has to stop. */
static bool sleep_for(const struct feeder *feeder, int64_t ns)
{
    struct pollfd stop = {.fd = feeder->stop_fd, .events = POLLIN};
    struct timespec time = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    int n;

    do
        n = ppoll(&stop, 1, &time, NULL);
    while (n < 0 && errno == EINTR);
    return n == 0;
}

static void feed_fast(const struct feeder *feeder)
{
    const struct capture *capture = feeder->capture;
    uint64_t published = capture->begin;

    for (size_t i = 0; i < capture->n_marks;) {
        uint64_t limit = linear_committed(feeder->ring) + FEEDER_AHEAD;
        uint64_t before = published;

        while (i < capture->n_marks && (capture->marks[i] <= limit || published == before)) {
            published = capture->marks[i++];
            if (published >= limit)
                break;
        }
        linear_publish(feeder->ring, published);
        while (published >= linear_committed(feeder->ring) + FEEDER_AHEAD / 2 &&
               published < capture->end)
            if (!sleep_for(feeder, LOOK_NS))
                return;
    }
}

/* ns from now until a record read at `then` is due; the record of time `first` was due at
 * `start`. */
static int64_t due_in(const struct feeder *feeder, int64_t first, int64_t start, int64_t then)
{
    double after = (double)(then - first) / feeder->speed;
    int64_t left;

    if (after > 1e18)
        after = 1e18;
    left = start + (int64_t)after - clock_monotonic();
    return left > 0 && then > first ? left : 0;
}

/* Everything before a clock record is due at its time, since it was recorded earlier. */
static void feed_paced(const struct feeder *feeder)
{
    const struct capture *capture = feeder->capture;
    uint64_t position = capture->begin, at;
    int64_t start = clock_monotonic(), first = 0, then;
    bool began = false;

    while (capture_next_clock(capture, &position, &then, &at)) {
        int64_t left;

        if (!began)
            first = then;
        began = true;
        left = due_in(feeder, first, start, then);
        if (left == 0)
            continue;
        linear_publish(feeder->ring, at);
        if (!sleep_for(feeder, left))
            return;
    }
    linear_publish(feeder->ring, capture->end);
}

static void *feeder_main(void *data)
{
    const struct feeder *feeder = data;

    capabilities_drop(); /* drops the capabilities inherited from the loader thread; none are needed
                          */
    if (feeder->speed > 0)
        feed_paced(feeder);
    else
        feed_fast(feeder);
    return NULL;
}

int feeder_start(struct feeder *feeder)
{
    int result;

    feeder->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (feeder->stop_fd < 0)
        return -errno;
    result = thread_start(&feeder->thread, "feeder", feeder_main, feeder);
    if (result < 0)
        close(feeder->stop_fd);
    else
        feeder->runs = true;
    return result;
}

void feeder_stop(struct feeder *feeder)
{
    if (!feeder->runs)
        return;
    eventfd_write(feeder->stop_fd, 1);
    pthread_join(feeder->thread, NULL);
    close(feeder->stop_fd);
    feeder->runs = false;
}
