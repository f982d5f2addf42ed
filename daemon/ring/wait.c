// SPDX-License-Identifier: Apache-2.0
/* Sleeping until a record arrives, and being woken for other reasons.
 *
 * Every path to a sleep goes through look_at_rings(), which publishes, fences and looks once more:
 * so either it sees a record or the kernel will send an edge for it. Edges are only hints and are
 * forgotten once reported; after each sleep the rings themselves are checked again.
 *
 * No edge comes while commits are held back, and none may come from producers that use
 * BPF_RB_NO_WAKEUP: then the sleep has a time limit. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ring/reader.h"

#define LAG_NAP_MIN UINT64_C(1000000)   /* ns: the first look while commits are held back */
#define LAG_NAP_MAX UINT64_C(100000000) /* ns: the last one */

enum { EVENTS_MAX = 64 };

/* The result of a look at all rings. */
struct outlook {
    bool readable;
    bool blocked;   /* a head has been busy for too long, and this was not reported yet */
    bool lags;      /* commits are held back in some ring */
    uint64_t sleep; /* ns until the next look, at the most */
};

/* Requests of other threads. They are taken before the rings are looked at, so that what was
 * written before a flush is seen before the flush is answered. */
struct orders {
    bool flush;
    uint64_t deadline;
};

static void shorten(uint64_t *sleep, uint64_t limit)
{
    if (limit < *sleep)
        *sleep = limit;
}

static void look_at_busy(const struct ringmill_reader *reader, struct ringmill_ring *ring,
                         struct outlook *outlook)
{
    uint64_t limit = reader->options.busy_limit;
    uint64_t since, age;

    if (limit == RINGMILL_OFF || ring->blocked_told)
        return;
    since = atomic_load_explicit(&ring->counters.busy_since, memory_order_relaxed);
    age = ring_now() - since;
    if (age < limit) {
        shorten(&outlook->sleep, limit - age);
        return;
    }
    ring->blocked_told = true;
    outlook->blocked = true;
}

/* True if the oldest record may be delivered, or a ring is corrupt; otherwise the sleep ends when
 * the oldest record is due. */
static bool look_at_merge(struct merge *merge, struct outlook *outlook)
{
    uint64_t due, now;

    int r = merge_look(merge, &due);

    merge->corrupt |= r < 0;
    if (r != 0)
        return true;
    now = ring_now();
    if (due != RINGMILL_FOREVER)
        shorten(&outlook->sleep, due > now ? due - now : 1);
    return false;
}

static struct outlook look_at_rings(struct ringmill_reader *reader)
{
    struct outlook outlook = {.sleep = RINGMILL_FOREVER};

    for (uint32_t i = 0; i < reader->n_merges; i++)
        if (look_at_merge(reader->merges[i], &outlook)) {
            outlook.readable = true;
            return outlook;
        }
    for (uint32_t i = 0; i < reader->n_rings; i++) {
        struct ringmill_ring *ring = reader->rings[i];
        enum ring_state state;

        if (ring->paused)
            continue;
        state = ring_look(ring);
        if (state == RING_READABLE && ring->merging) {
            shorten(&outlook.sleep, ring->recheck);
            continue;
        }
        if (state == RING_READABLE || (state == RING_CORRUPT && !ring->corrupt_told)) {
            outlook.readable = true;
            return outlook;
        }
        if (state == RING_CORRUPT)
            continue;
        if (state == RING_BUSY)
            look_at_busy(reader, ring, &outlook);
        outlook.lags |= ring_lags(ring);
        shorten(&outlook.sleep, ring->recheck);
    }
    return outlook;
}

static void drain_wake(struct ringmill_reader *reader)
{
    uint64_t times;

    while (read(reader->wake_fd, &times, sizeof(times)) < 0 && errno == EINTR)
        ;
}

/* Sleeps in epoll for at most `sleep` ns and clears the edges. -errno. */
static int sleep_in_epoll(struct ringmill_reader *reader, uint64_t sleep)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec timeout = {.tv_sec = (time_t)(sleep / 1000000000),
                               .tv_nsec = (long)(sleep % 1000000000)};
    bool rings = false;
    int n;

    n = epoll_pwait2(reader->epoll_fd, events, EVENTS_MAX,
                     sleep == RINGMILL_FOREVER ? NULL : &timeout, NULL);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < n; i++) {
        struct ringmill_ring *ring = events[i].data.ptr;

        if (!ring) {
            drain_wake(reader);
            continue;
        }
        rings = true;
        counter_add(&ring->counters.wakeups, 1);
    }
    if (rings)
        counter_add(&reader->wakeups, 1);
    return 0;
}

/* The nap that suits the rings, or 0 for epoll. */
static uint64_t next_nap(struct ringmill_reader *reader, uint64_t now)
{
    uint64_t records = 0, fill = 0;
    uint64_t before = reader->paced_records;

    for (uint32_t i = 0; i < reader->n_rings; i++) {
        struct ringmill_ring *ring = reader->rings[i];
        uint64_t bytes = ring->walk.position - ring->paced;
        uint64_t part = bytes <= UINT32_MAX ? bytes * PACE_FULL / ring->map.size : PACE_FULL;

        ring->paced = ring->walk.position;
        records += atomic_load_explicit(&ring->counters.records, memory_order_relaxed);
        if (part > fill)
            fill = part;
    }
    reader->paced_records = records;
    /* the records of a removed ring are no longer in the sum */
    return pace_next(&reader->pace, now, records > before ? records - before : 0, fill);
}

static int sleep_in_nap(struct ringmill_reader *reader, uint64_t start, uint64_t nap)
{
    struct pollfd wake = {.fd = reader->wake_fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = (time_t)(nap / 1000000000),
                               .tv_nsec = (long)(nap % 1000000000)};
    int n;

    n = ppoll(&wake, 1, &timeout, NULL);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    counter_add(&reader->naps, 1);
    for (uint32_t i = 0; i < reader->n_rings; i++)
        counter_add(&reader->rings[i]->counters.naps, 1);
    if (n > 0)
        drain_wake(reader);
    else
        pace_learn(&reader->pace, nap, ring_now() - start);
    return 0;
}

static int sleep_now(struct ringmill_reader *reader, uint64_t sleep)
{
    uint64_t now = ring_now();
    uint64_t nap = next_nap(reader, now);

    if (nap == 0)
        return sleep_in_epoll(reader, sleep);
    return sleep_in_nap(reader, now, nap < sleep ? nap : sleep);
}

/* Decides how long to sleep, or which outcome to return instead. *ret_sleep is set with
 * RINGMILL_READY only. */
static int settle(struct ringmill_reader *reader, const struct outlook *outlook,
                  const struct orders *orders, uint64_t *ret_sleep)
{
    uint64_t deadline = orders->deadline;
    uint64_t sleep = outlook->sleep;

    if (orders->flush)
        return RINGMILL_FLUSHED;
    if (outlook->blocked)
        return RINGMILL_BLOCKED;
    if (deadline != RINGMILL_FOREVER) {
        uint64_t now = ring_now();

        if (deadline <= now)
            return RINGMILL_DEADLINE;
        shorten(&sleep, deadline - now);
    }
    if (outlook->lags) {
        shorten(&sleep, reader->lag_nap);
        reader->lag_nap = 2 * reader->lag_nap < LAG_NAP_MAX ? 2 * reader->lag_nap : LAG_NAP_MAX;
    }
    *ret_sleep = sleep;
    return RINGMILL_READY;
}

static struct orders take_orders(struct ringmill_reader *reader, uint64_t deadline)
{
    struct orders orders = {
        .flush = atomic_load_explicit(&reader->flush, memory_order_relaxed) &&
                 atomic_exchange_explicit(&reader->flush, false, memory_order_acq_rel),
        .deadline = atomic_load_explicit(&reader->deadline, memory_order_acquire),
    };

    shorten(&orders.deadline, deadline);
    return orders;
}

int ringmill_reader_wait(struct ringmill_reader *reader, uint64_t deadline)
{
    bool rearm = deadline == RINGMILL_NOW;
    uint64_t sleep;
    int r;

    r = reader_own(reader);
    if (r < 0)
        return r;
    reader_finish(reader, true);
    reader->lag_nap = LAG_NAP_MIN;
    for (;;) {
        struct outlook outlook;
        struct orders orders;

        if (rearm) {
            r = sleep_in_epoll(reader, 0);
            if (r < 0)
                return r;
            rearm = false;
        }
        if (atomic_load_explicit(&reader->closed, memory_order_acquire))
            return RINGMILL_CLOSED;
        if (atomic_load_explicit(&reader->woken, memory_order_relaxed) &&
            atomic_exchange_explicit(&reader->woken, false, memory_order_acq_rel))
            return RINGMILL_WOKEN;
        orders = take_orders(reader, deadline);
        outlook = look_at_rings(reader);
        if (outlook.readable) {
            if (orders.flush) /* answered when nothing is readable any more */
                atomic_store_explicit(&reader->flush, true, memory_order_relaxed);
            return RINGMILL_READY;
        }
        r = settle(reader, &outlook, &orders, &sleep);
        if (r != RINGMILL_READY)
            return r;
        r = sleep_now(reader, sleep);
        if (r < 0)
            return r;
    }
}

/* Async-signal-safe. In practice the counter never saturates. */
static void poke(struct ringmill_reader *reader)
{
    uint64_t one = 1;
    int saved = errno;

    while (write(reader->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    errno = saved;
}

void ringmill_reader_set_deadline(struct ringmill_reader *reader, uint64_t deadline)
{
    atomic_store_explicit(&reader->deadline, deadline, memory_order_release);
    poke(reader);
}

void ringmill_reader_flush(struct ringmill_reader *reader)
{
    atomic_store_explicit(&reader->flush, true, memory_order_release);
    poke(reader);
}

void ringmill_reader_close(struct ringmill_reader *reader)
{
    atomic_store_explicit(&reader->closed, true, memory_order_release);
    poke(reader);
}

void ringmill_reader_wake(struct ringmill_reader *reader)
{
    /* a pending wake covers this one too */
    if (!atomic_exchange_explicit(&reader->woken, true, memory_order_acq_rel))
        poke(reader);
}

int ringmill_reader_fd(const struct ringmill_reader *reader)
{
    return reader->epoll_fd;
}

const char *ringmill_outcome_name(int outcome)
{
    static const char *const names[] = {
        [RINGMILL_READY] = "ready",     [RINGMILL_DEADLINE] = "deadline",
        [RINGMILL_FLUSHED] = "flushed", [RINGMILL_CLOSED] = "closed",
        [RINGMILL_WOKEN] = "woken",     [RINGMILL_BLOCKED] = "blocked",
    };

    if (outcome < 0)
        return strerror(-outcome);
    return outcome <= RINGMILL_BLOCKED ? names[outcome] : "unknown";
}
