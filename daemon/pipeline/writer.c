// SPDX-License-Identifier: Apache-2.0

/* A blocking write is the best flow control there is, but it cannot be cancelled: a reader that
 * stopped reading would block this thread forever. So giving up interrupts the thread, again and
 * again until it has ended (an interrupt may come just before the write begins). */

#include "pipeline/writer.h"

#include <poll.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"

static void set_gone(struct writer *writer)
{
    if (atomic_exchange(&writer->gone, true))
        return;
    if (writer_gave_up(writer))
        log_about(LOG_LEVEL_ERROR, "sink", writer->name,
                  "stop deadline reached; unwritten events were dropped");
    else if (!writer->sink->ops->ends_daemon)
        log_about(LOG_LEVEL_ERROR, "sink", writer->name,
                  "the reader is gone; further events are dropped");
    writer->on_gone(writer->on_gone_data);
}

/* Doubles, because a peer that is down for long is not helped by many tries; and is random by a
 * half, because many machines may wait for the same peer. */
static uint32_t next_pause(struct writer *writer)
{
    uint32_t most = writer->sink->ops->retry_max_ms;
    uint32_t pause = writer->retry_ms ? writer->retry_ms : WRITER_RETRY_MS;

    if (most == 0)
        return WRITER_RETRY_MS;
    writer->retry_ms = pause * 2 < most ? pause * 2 : most;
    writer->random ^= writer->random << 13;
    writer->random ^= writer->random >> 17;
    writer->random ^= writer->random << 5;
    return pause - writer->random % (pause / 2 + 1);
}

/* One line when it begins to fail, not too often, and for each of these one when it works again. */
static void note_failure(struct writer *writer, const char *why)
{
    note_set(&writer->last_error, why);
    if (atomic_load_explicit(&writer->retrying_since, memory_order_relaxed) != 0)
        return;
    atomic_store_explicit(&writer->retrying_since, clock_monotonic(), memory_order_relaxed);
    writer->complained = log_write_limited(&writer->complaints, LOG_LEVEL_ERROR, "sink",
                                           writer->name, "cannot write: %s; retrying", why);
}

/* While the daemon ends there is little time, and so the pauses are short. */
static void pause_ms(const struct writer *writer, uint32_t ms)
{
    struct timespec pause;

    if (atomic_load(&writer->finish) && ms > WRITER_RETRY_MS)
        ms = WRITER_RETRY_MS;
    pause = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

static void pause_after_error(struct writer *writer, const char *why)
{
    uint32_t ms = next_pause(writer);

    counter_add(&writer->errors, 1);
    note_failure(writer, why);
    pause_ms(writer, ms);
}

static void note_success(struct writer *writer)
{
    writer->retry_ms = 0;
    if (atomic_load_explicit(&writer->retrying_since, memory_order_relaxed) == 0)
        return;
    atomic_store_explicit(&writer->retrying_since, 0, memory_order_relaxed);
    if (writer->complained)
        log_about(LOG_LEVEL_INFO, "sink", writer->name, "writing again");
}

static void note_acknowledged(struct writer *writer, const struct chunk *chunk)
{
    counter_add(&writer->chunks, 1);
    if (chunk->stamp > 0)
        histogram_add(&writer->ack_latency, clock_monotonic() - chunk->stamp);
}

static void set_in_sink(struct writer *writer, bool in)
{
    atomic_store_explicit(&writer->in_sink, in, memory_order_relaxed);
}

static enum sink_state call_write(struct writer *writer, const char *bytes, uint32_t size,
                                  struct sink_outcome *ret)
{
    enum sink_state state;

    *ret = (struct sink_outcome){.due_ms = -1};
    set_in_sink(writer, true);
    state = writer->sink->ops->write(writer->sink, bytes, size, ret);
    set_in_sink(writer, false);
    return state;
}

/* What cannot be written at once is dropped then, and soon after also what a reader takes bit by
 * bit: it could go on for as long as it likes. */
static bool must_give_up(const struct writer *writer, size_t taken)
{
    int64_t since = atomic_load(&writer->given_up_at);

    return since != 0 && (taken == 0 || clock_monotonic() - since >= WRITER_LAST_MS * 1000000);
}

static void write_chunk(struct writer *writer, struct lane *lane, struct chunk *chunk)
{
    uint32_t written = 0, refused = 0;
    const char *why_refused = NULL;

    while (written < chunk->used && !atomic_load(&writer->gone)) {
        struct sink_outcome outcome;
        enum sink_state state =
            call_write(writer, chunk->bytes + written, chunk->used - written, &outcome);

        if (outcome.taken > 0) {
            written += (uint32_t)outcome.taken;
            refused += outcome.refused;
            counter_add(&writer->bytes, outcome.taken);
            note_success(writer);
        }
        if (state == SINK_GONE || (written < chunk->used && must_give_up(writer, outcome.taken)))
            set_gone(writer);
        else if (state == SINK_WAITING)
            pause_after_error(writer, outcome.why);
        else if (state == SINK_REFUSED)
            why_refused = outcome.why;
    }
    if (refused > 0)
        log_write_limited(&writer->refusals, LOG_LEVEL_WARNING, "sink", writer->name,
                          "%u events were dropped: %s", refused, why_refused);
    if (written == chunk->used)
        note_acknowledged(writer, chunk);
    lane_give_back(lane, chunk,
                   (written == chunk->used
                        ? chunk->events
                        : framing_count(writer->framing, chunk->bytes, written)) -
                       refused,
                   written < chunk->used);
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

/* A peer that went away shows also while there is nothing to write. */
static struct sink_outcome tend(struct writer *writer)
{
    struct sink_outcome outcome = {.due_ms = -1};
    enum sink_state state;

    set_in_sink(writer, true);
    state = writer->sink->ops->tend(writer->sink, &outcome);
    set_in_sink(writer, false);
    if (state == SINK_GONE)
        set_gone(writer);
    if (state == SINK_WAITING)
        note_failure(writer, outcome.why);
    else
        note_success(writer);
    return outcome;
}

/* Until the bell rings, something is due, or the peer goes away. Armed first: who rings while the
 * sink is tended to may have made something due. */
static void sleep_until_rung(struct writer *writer)
{
    const struct sink_ops *ops = writer->sink->ops;
    bool gone = atomic_load(&writer->gone);
    bool tended = !gone && ops->tend;
    struct pollfd fds[] = {
        {.fd = writer->waker.fd, .events = POLLIN},
        {.fd = -1},
    };
    int timeout = -1;

    waker_arm(&writer->waker);
    if (lanes_empty(writer) && !atomic_load(&writer->finish)) {
        if (tended)
            timeout = tend(writer).due_ms;
        if (!gone && ops->watch)
            ops->watch(writer->sink, &fds[1]);
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), timeout) > 0 &&
            fds[1].revents & (POLLERR | POLLHUP) && !tended)
            set_gone(writer);
    }
    waker_disarm(&writer->waker);
}

/* The last write may have gone into a connection that was about to break. */
static void send_again(struct writer *writer)
{
    while (writer->sink->ops->tend && !atomic_load(&writer->gone)) {
        if (tend(writer).unsent == 0)
            return;
        if (writer_gave_up(writer)) {
            log_about(LOG_LEVEL_ERROR, "sink", writer->name,
                      "stop deadline reached; events that the peer may not have read were not sent "
                      "again");
            return;
        }
        pause_ms(writer, WRITER_RETRY_MS);
    }
}

/* At the daemon's end nobody clears `held` before the events have to be written. */
static void wait_while_held(struct writer *writer)
{
    set_in_sink(writer, true);
    while (atomic_load(&writer->held) && !atomic_load(&writer->finish) && !writer_gave_up(writer))
        pause_ms(writer, WRITER_HELD_MS);
    set_in_sink(writer, false);
}

static void *writer_main(void *data)
{
    struct writer *writer = data;

    wait_while_held(writer);
    for (;;) {
        bool finish = atomic_load(&writer->finish); /* before the lanes: nothing follows it */

        write_all(writer);
        if (finish) {
            send_again(writer);
            if (writer->sink->ops->finish && !atomic_load(&writer->gone))
                writer->sink->ops->finish(writer->sink);
            return NULL;
        }
        sleep_until_rung(writer);
    }
}

int writer_start(struct writer *writer)
{
    writer->complaints =
        (struct log_limit){.lines = WRITER_COMPLAINTS, .seconds = WRITER_COMPLAINTS_S};
    writer->refusals = (struct log_limit){.lines = 1, .seconds = WRITER_COMPLAINTS_S};
    writer->random = (uint32_t)clock_monotonic() | 1;
    return thread_start(&writer->thread, "writer", writer_main, writer);
}

void writer_finish(struct writer *writer)
{
    atomic_store(&writer->finish, true);
    waker_ring(&writer->waker);
    thread_interrupt(writer->thread); /* out of a long pause */
}

void writer_reopen(struct writer *writer)
{
    if (!writer->sink->ops->reopen)
        return;
    writer->sink->ops->reopen(writer->sink);
    waker_ring(&writer->waker);
}

void writer_give_up(struct writer *writer)
{
    int64_t never = 0;

    atomic_compare_exchange_strong(&writer->given_up_at, &never, clock_monotonic());
    thread_interrupt(writer->thread);
}

bool writer_join(struct writer *writer, uint64_t timeout_ns)
{
    return thread_join(writer->thread, timeout_ns);
}
