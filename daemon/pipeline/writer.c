// SPDX-License-Identifier: Apache-2.0

/* A blocking write is the best flow control there is, but it cannot be called off: a reader that
 * stopped reading would keep us for ever. So giving up sends the thread a signal whose handler does
 * nothing but make write(2) return, and sends it again until the thread has noticed (the first one
 * may come just before the write begins). */

#include "pipeline/writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum { GIVE_UP_SIGNAL = SIGUSR2, JOIN_STEP_MS = 10 };

static void on_give_up_signal(int signal_number)
{
    (void)signal_number;
}

void writer_setup_signal(void)
{
    struct sigaction action = {.sa_handler = on_give_up_signal}; /* no SA_RESTART: that is the point */

    sigaction(GIVE_UP_SIGNAL, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void set_gone(struct writer *writer)
{
    if (!atomic_exchange(&writer->gone, true))
        writer->on_gone(writer->on_gone_data);
}

static void pause_after_error(struct writer *writer, const struct chunk *chunk, int code, bool *told)
{
    struct timespec pause = {.tv_nsec = WRITER_RETRY_MS * 1000000L};

    (void)chunk;
    if (!*told)
        log_error("sink %s: cannot write: %s; trying again every %d ms", writer->name,
                  strerror(-code), WRITER_RETRY_MS);
    *told = true;
    nanosleep(&pause, NULL);
}

/* How many whole lines lie within the first `bytes`: those events did get out. */
static uint32_t events_within(const struct chunk *chunk, uint32_t bytes)
{
    uint32_t events = 0;

    for (uint32_t i = 0; i < bytes; i++)
        events += chunk->bytes[i] == '\n';
    return events;
}

static void write_chunk(struct writer *writer, struct lane *lane, struct chunk *chunk)
{
    uint32_t written = 0;
    bool told = false;

    while (written < chunk->used && !atomic_load(&writer->gone)) {
        ssize_t result = writer->sink->ops->write(writer->sink, chunk->bytes + written,
                                                  chunk->used - written);

        if (result > 0)
            written += (uint32_t)result;
        else if (atomic_load(&writer->given_up) || result == -EPIPE)
            set_gone(writer);
        else if (result != -EINTR)
            pause_after_error(writer, chunk, (int)result, &told);
    }
    if (told && written == chunk->used)
        log_info("sink %s: writing again", writer->name);
    lane_give_back(lane, chunk,
                   written == chunk->used ? chunk->events : events_within(chunk, written));
}

/* One chunk of each lane in turn, until all are empty. */
static void write_all(struct writer *writer)
{
    bool any = true;

    while (any) {
        any = false;
        for (uint32_t i = 0; i < writer->n_lanes; i++) {
            struct chunk *chunk = lane_take(&writer->lanes[i]);

            if (!chunk)
                continue;
            write_chunk(writer, &writer->lanes[i], chunk);
            any = true;
        }
    }
}

static bool lanes_empty(const struct writer *writer)
{
    for (uint32_t i = 0; i < writer->n_lanes; i++)
        if (!queue_empty(&writer->lanes[i].handed))
            return false;
    return true;
}

/* Until the bell rings or the peer goes away, also while there is nothing to write. */
static void sleep_until_rung(struct writer *writer)
{
    bool gone = atomic_load(&writer->gone);
    struct pollfd fds[] = {
        {.fd = writer->waker.fd, .events = POLLIN},
        {.fd = gone ? -1 : writer->sink->ops->watch_fd(writer->sink)},
    };

    waker_arm(&writer->waker);
    if (lanes_empty(writer) && !atomic_load(&writer->finish) &&
        poll(fds, sizeof(fds) / sizeof(fds[0]), -1) > 0 && fds[1].revents & (POLLERR | POLLHUP))
        set_gone(writer);
    waker_disarm(&writer->waker);
}

static void *writer_main(void *data)
{
    struct writer *writer = data;

    for (;;) {
        bool finish = atomic_load(&writer->finish); /* before the lanes: nothing follows it */

        write_all(writer);
        if (finish)
            return NULL;
        sleep_until_rung(writer);
    }
}

int writer_start(struct writer *writer)
{
    sigset_t all, before;
    int result;

    sigfillset(&all);
    sigdelset(&all, GIVE_UP_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = -pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_setname_np(writer->thread, "writer");
    return result;
}

void writer_finish(struct writer *writer)
{
    atomic_store(&writer->finish, true);
    waker_ring(&writer->waker);
}

void writer_give_up(struct writer *writer)
{
    atomic_store(&writer->given_up, true);
}

bool writer_join(struct writer *writer, uint64_t timeout_ns)
{
    uint64_t deadline = clock_monotonic_ns() + timeout_ns;

    for (;;) {
        struct timespec step;

        clock_gettime(CLOCK_REALTIME, &step);
        step.tv_nsec += JOIN_STEP_MS * 1000000L;
        step.tv_sec += step.tv_nsec / 1000000000;
        step.tv_nsec %= 1000000000;
        if (pthread_timedjoin_np(writer->thread, NULL, &step) == 0)
            return true;
        if (atomic_load(&writer->given_up))
            pthread_kill(writer->thread, GIVE_UP_SIGNAL);
        if (clock_monotonic_ns() >= deadline)
            return false;
    }
}
