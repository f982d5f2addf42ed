// SPDX-License-Identifier: Apache-2.0

/* A blocking write is the best flow control there is, but it cannot be called off: a reader that
 * stopped reading would keep us for ever. So giving up interrupts the thread, again and again until
 * it has ended (an interrupt may come just before the write begins). */

#include "pipeline/writer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/thread.h"

static void set_gone(struct writer *writer)
{
    if (atomic_exchange(&writer->gone, true))
        return;
    if (atomic_load(&writer->given_up))
        log_error("sink %s: gave up what could not be written in time; see dropped", writer->name);
    else if (!writer->sink->ops->ends_daemon)
        log_error("sink %s: its reader is gone; what follows is dropped", writer->name);
    writer->on_gone(writer->on_gone_data);
}

static void pause_after_error(const struct writer *writer, int code, bool *told)
{
    struct timespec pause = {.tv_nsec = WRITER_RETRY_MS * 1000000L};

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
        ssize_t result =
            writer->sink->ops->write(writer->sink, chunk->bytes + written, chunk->used - written);

        if (result > 0)
            written += (uint32_t)result;
        else if (atomic_load(&writer->given_up) || result == -EPIPE)
            set_gone(writer);
        else if (result != -EINTR)
            pause_after_error(writer, (int)result, &told);
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
    return thread_start(&writer->thread, "writer", writer_main, writer);
}

void writer_finish(struct writer *writer)
{
    atomic_store(&writer->finish, true);
    waker_ring(&writer->waker);
}

void writer_give_up(struct writer *writer)
{
    atomic_store(&writer->given_up, true);
    thread_interrupt(writer->thread);
}

bool writer_join(struct writer *writer, uint64_t timeout_ns)
{
    return thread_join(writer->thread, timeout_ns);
}
