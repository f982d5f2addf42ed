// SPDX-License-Identifier: Apache-2.0
/* A set of rings that take turns.
 *
 * A turn is a budget of records and bytes of one ring; then the next ring is looked at. A look
 * costs two loads, so all rings are simply checked in order: while any ring has records, no system
 * call is needed to find out which. A ring that epoll cannot report (its producers send no
 * wake-ups, or commits are held back) is seen as well.
 *
 * The lease is a word that holds a token of the owning thread. It is taken implicitly, so the
 * common use needs only one call; what it protects is touched only after reader_own(). */
#include "ring/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/reason.h"

enum { DEFAULT_BATCH = 32, DEFAULT_BUDGET_RECORDS = 4096, DEFAULT_BUDGET_BYTES = 1 << 20 };
#define DEFAULT_MAX_LATENCY UINT64_C(1000000)
#define DEFAULT_MERGE_HOLD  UINT64_C(1000000)

DEFINE_CLEANUP(struct ringmill_reader, ringmill_reader_free);
DEFINE_CLEANUP(struct ringmill_ring, ringmill_ring_free);

_Thread_local __attribute__((tls_model("initial-exec"))) char reader_thread;

int reader_own(struct ringmill_reader *reader)
{
    const void *nobody = NULL;

    if (reader_owned(reader))
        return 0;
    if (atomic_compare_exchange_strong_explicit(&reader->owner, &nobody, &reader_thread,
                                                memory_order_acquire, memory_order_relaxed))
        return 0;
    return -EBUSY;
}

static int fill_options(const struct ringmill_reader_options *given, struct ringmill_error *reason,
                        struct ringmill_reader_options *ret_options)
{
    struct ringmill_reader_options options = {.size = sizeof(options)};

    if (given && given->size != sizeof(*given))
        return reason_set(reason, -EINVAL,
                          "struct ringmill_reader_options: size is %zu, must be %zu (sizeof)",
                          given->size, sizeof(*given));
    if (given)
        options = *given;
    if (options.batch > RINGMILL_BATCH_MAX)
        return reason_set(reason, -EINVAL, "batch is %u; it must be from 1 to %d views",
                          options.batch, RINGMILL_BATCH_MAX);
    if (options.batch == 0)
        options.batch = DEFAULT_BATCH;
    if (options.budget_records == 0)
        options.budget_records = DEFAULT_BUDGET_RECORDS;
    if (options.budget_bytes == 0)
        options.budget_bytes = DEFAULT_BUDGET_BYTES;
    if (options.max_latency == 0)
        options.max_latency = DEFAULT_MAX_LATENCY;
    if (options.busy_limit == 0)
        options.busy_limit = RINGMILL_OFF;
    if (options.merge_hold == 0)
        options.merge_hold = DEFAULT_MERGE_HOLD;
    *ret_options = options;
    return 0;
}

static int open_fds(struct ringmill_reader *reader)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (reader->epoll_fd < 0)
        return -errno;
    reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reader->wake_fd < 0)
        return -errno;
    if (epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, reader->wake_fd, &event) < 0)
        return -errno;
    return 0;
}

/* Whether a reader can sleep on this kernel. */
static int check_kernel(struct ringmill_error *reason)
{
    struct utsname kernel;

    if (epoll_pwait2(-1, NULL, 0, NULL, NULL) == 0 || errno != ENOSYS)
        return 0; /* any other error is about the arguments */
    uname(&kernel);
    return reason_set(reason, -ENOSYS,
                      "this kernel, Linux %s, is too old: it does not have epoll_pwait2(); Linux "
                      "5.15 or later is needed",
                      kernel.release);
}

/* NULL when out of memory. */
static struct merge *add_merge(struct ringmill_reader *reader, uint32_t offset, uint64_t hold)
{
    struct merge **merges =
        reallocarray(reader->merges, reader->n_merges + 1, sizeof(struct merge *));
    struct merge *merge;

    if (!merges)
        return NULL;
    reader->merges = merges;
    merge = merge_new(offset, hold);
    if (merge)
        reader->merges[reader->n_merges++] = merge;
    return merge;
}

int ringmill_reader_new(const struct ringmill_reader_options *options,
                        struct ringmill_error *reason, struct ringmill_reader **ret_reader)
{
    _cleanup_(cleanup_ringmill_reader_free) struct ringmill_reader *reader = NULL;
    int r;

    reader = calloc(1, sizeof(*reader));
    if (!reader)
        return reason_set(reason, -ENOMEM, "out of memory for a reader");
    reader->epoll_fd = reader->wake_fd = -1;
    pthread_mutex_init(&reader->copy_lock, NULL);
    atomic_init(&reader->deadline, RINGMILL_FOREVER);
    r = fill_options(options, reason, &reader->options);
    if (r < 0)
        return r;
    pace_init(&reader->pace, reader->options.max_latency);
    if (reader->options.merge &&
        !add_merge(reader, reader->options.merge_offset, reader->options.merge_hold))
        return reason_set(reason, -ENOMEM, "out of memory for a reader");
    reader->views = calloc(reader->options.batch, sizeof(*reader->views));
    if (!reader->views)
        return reason_set(reason, -ENOMEM, "out of memory for a reader");
    r = check_kernel(reason);
    if (r < 0)
        return r;
    r = open_fds(reader);
    if (r < 0)
        return reason_set(reason, r, "cannot create the epoll set of a reader: %s", strerror(-r));
    *ret_reader = TAKE_PTR(reader);
    return 0;
}

void ringmill_reader_free(struct ringmill_reader *reader)
{
    if (!reader)
        return;
    reader_finish(reader, false);
    for (uint32_t i = 0; i < reader->n_merges; i++)
        merge_free(reader->merges[i]);
    for (uint32_t i = 0; i < reader->n_rings; i++)
        ringmill_ring_free(reader->rings[i]);
    if (reader->epoll_fd >= 0)
        close(reader->epoll_fd);
    if (reader->wake_fd >= 0)
        close(reader->wake_fd);
    pthread_mutex_destroy(&reader->copy_lock);
    free(reader->merges);
    free(reader->rings);
    free(reader->views);
    free(reader);
}

int ringmill_open(int map_fd, struct ringmill_error *reason, struct ringmill_reader **ret_reader)
{
    _cleanup_(cleanup_ringmill_reader_free) struct ringmill_reader *reader = NULL;
    _cleanup_(cleanup_ringmill_ring_free) struct ringmill_ring *ring = NULL;
    int r;

    r = ringmill_ring_open(map_fd, NULL, reason, &ring);
    if (r < 0)
        return r;
    r = ringmill_reader_new(NULL, reason, &reader);
    if (r < 0)
        return r;
    r = ringmill_reader_add(reader, ring, NULL);
    if (r < 0)
        return reason_set(reason, r, "cannot add ring %u to a reader: %s", ringmill_ring_id(ring),
                          strerror(-r));
    ring = NULL;
    ringmill_reader_release(reader); /* the thread that reads first takes it */
    *ret_reader = TAKE_PTR(reader);
    return 0;
}

static int make_room(struct ringmill_reader *reader)
{
    uint32_t capacity = reader->capacity ? 2 * reader->capacity : 4;
    struct ringmill_ring **rings;

    if (reader->n_rings == RINGMILL_RINGS_MAX)
        return -ENOSPC;
    if (reader->n_rings < reader->capacity)
        return 0;
    rings = reallocarray(reader->rings, capacity, sizeof(struct ringmill_ring *));
    if (!rings)
        return -ENOMEM;
    reader->rings = rings;
    reader->capacity = capacity;
    return 0;
}

static void start_turn(struct ringmill_reader *reader, uint32_t cursor)
{
    reader->cursor = cursor < reader->n_rings ? cursor : 0;
    reader->turn_records = reader->options.budget_records;
    reader->turn_bytes = reader->options.budget_bytes;
}

int ringmill_reader_add(struct ringmill_reader *reader, struct ringmill_ring *ring, void *user)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = ring};
    int r;

    if (ring->flags & RINGMILL_RING_OBSERVE)
        return -EPERM;
    r = reader_own(reader);
    if (r < 0)
        return r;
    if (ring->reader)
        return -EBUSY;
    r = make_room(reader);
    if (r < 0)
        return r;
    if (epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, ring->map.fd, &event) < 0)
        return -errno;
    if (reader->options.merge && merge_add(reader->merges[0], ring) < 0) {
        epoll_ctl(reader->epoll_fd, EPOLL_CTL_DEL, ring->map.fd, NULL);
        return -ENOMEM;
    }
    ring->reader = reader;
    ring->user = user;
    ring->paused = false;
    ring->paced = ring->walk.position;
    reader->rings[reader->n_rings++] = ring;
    if (reader->n_rings == 1)
        start_turn(reader, 0);
    return 0;
}

static int check_member(struct ringmill_reader *reader, const struct ringmill_ring *ring)
{
    int r = reader_own(reader);

    if (r < 0)
        return r;
    return ring->reader == reader ? 0 : -ENOENT;
}

/* Frees a group with its last ring, except the group of options.merge, which takes every ring that
 * is added. */
static void leave_merge(struct ringmill_reader *reader, struct ringmill_ring *ring)
{
    struct merge *merge = ring->merge;
    uint32_t i = 0;

    merge_remove(merge, ring);
    if (merge->n_rings > 0 || reader->options.merge)
        return;
    while (reader->merges[i] != merge)
        i++;
    reader->n_merges--;
    memmove(&reader->merges[i], &reader->merges[i + 1],
            (reader->n_merges - i) * sizeof(reader->merges[0]));
    merge_free(merge);
}

int ringmill_reader_remove(struct ringmill_reader *reader, struct ringmill_ring *ring)
{
    uint32_t i = 0;
    int r;

    r = check_member(reader, ring);
    if (r < 0)
        return r;
    if (reader->current == ring)
        reader_finish(reader, false);
    if (ring->merge)
        leave_merge(reader, ring);
    epoll_ctl(reader->epoll_fd, EPOLL_CTL_DEL, ring->map.fd, NULL);
    ring->reader = NULL;
    while (reader->rings[i] != ring)
        i++;
    reader->n_rings--;
    memmove(&reader->rings[i], &reader->rings[i + 1],
            (reader->n_rings - i) * sizeof(reader->rings[0]));
    if (i < reader->cursor)
        reader->cursor--;
    else if (i == reader->cursor)
        start_turn(reader, i);
    return 0;
}

int ringmill_reader_merge(struct ringmill_reader *reader, struct ringmill_ring *const *rings,
                          uint32_t count, uint32_t offset, uint64_t hold)
{
    struct merge *merge;
    int r = reader_own(reader);

    for (uint32_t i = 0; i < count && r == 0; i++) {
        r = check_member(reader, rings[i]);
        if (r == 0 && rings[i]->merge)
            r = -EBUSY;
    }
    if (r < 0)
        return r;
    merge = add_merge(reader, offset, hold ? hold : DEFAULT_MERGE_HOLD);
    for (uint32_t i = 0; i < count && merge; i++)
        if (merge_add(merge, rings[i]) < 0) {
            reader->n_merges--;
            merge_free(merge);
            merge = NULL;
        }
    return merge ? 0 : -ENOMEM;
}

int ringmill_reader_pause(struct ringmill_reader *reader, struct ringmill_ring *ring)
{
    int r = check_member(reader, ring);

    if (r < 0)
        return r;
    ring->paused = true;
    if (ring->merge)
        merge_reset(ring->merge);
    return 0;
}

int ringmill_reader_resume(struct ringmill_reader *reader, struct ringmill_ring *ring)
{
    int r = check_member(reader, ring);

    if (r == 0)
        ring->paused = false;
    return r;
}

int ringmill_reader_lease(struct ringmill_reader *reader)
{
    return reader_own(reader);
}

void ringmill_reader_release(struct ringmill_reader *reader)
{
    if (!reader_owned(reader))
        return;
    reader_finish(reader, false);
    for (uint32_t i = 0; i < reader->n_rings; i++)
        ringmill_ring_rewind(reader->rings[i]);
    atomic_store_explicit(&reader->owner, NULL, memory_order_release);
}

/* Looks at the group of a ring: a group has its turn when its first ring has. */
static int look_at_group(const struct ringmill_ring *ring)
{
    struct merge *merge = ring->merge;
    uint64_t due;

    if (ring != merge->rings[0])
        return 0;
    if (!merge->corrupt)
        return merge_look(merge, &due);
    merge->corrupt = false;
    return -EBADMSG;
}

/* Looks at the ring or group whose turn it is. Returns 1, 0 or -EBADMSG as pick() does. */
static int look_at_turn(struct ringmill_ring *ring)
{
    enum ring_state state;

    if (ring->merge)
        return look_at_group(ring);
    if (ring->paused)
        return 0;
    state = ring_look(ring);
    if (state == RING_CORRUPT && !ring->corrupt_told) {
        ring->corrupt_told = true;
        return -EBADMSG;
    }
    return state == RING_READABLE;
}

/* Picks the ring whose turn it is, if something can be taken from it; else the next such ring. 1; 0
 * if nothing is readable anywhere; -EBADMSG once per corrupt ring. */
static int pick(struct ringmill_reader *reader, struct ringmill_ring **ret_ring)
{
    /* one more than there are rings: the first one may only have used up its budget */
    for (uint32_t tried = 0; tried <= reader->n_rings && reader->n_rings; tried++) {
        struct ringmill_ring *ring = reader->rings[reader->cursor];

        if (reader->turn_records && reader->turn_bytes) {
            int r = look_at_turn(ring);

            *ret_ring = ring;
            if (r != 0)
                return r;
        }
        start_turn(reader, reader->cursor + 1);
    }
    return 0;
}

/* A batch of the ring whose turn it is, or of the one in its group that has the oldest record. */
int reader_take(struct ringmill_reader *reader, uint32_t capacity, struct ringmill_batch *ret_batch)
{
    struct ringmill_ring *ring;
    uint64_t start, walked;
    int r;

    do {
        r = pick(reader, &ring);
        if (r <= 0)
            return r;
        if (capacity > reader->turn_records)
            capacity = reader->turn_records;
        start = ring->walk.position;
        if (ring->merge) {
            r = (int)merge_take(ring->merge, reader->views, capacity, &ring);
            start = reader->views[0].position;
        } else {
            r = ring_take_seen(ring, reader->views, capacity);
        }
    } while (r <= 0);
    walked = ring->walk.position - start;
    reader->turn_records -= (uint32_t)r;
    reader->turn_bytes -= walked < reader->turn_bytes ? walked : reader->turn_bytes;
    *ret_batch = (struct ringmill_batch){.ring = ring,
                                         .user = ring->user,
                                         .views = reader->views,
                                         .count = (uint32_t)r,
                                         .end = ring->given};
    return r;
}

int ringmill_reader_next_batch(struct ringmill_reader *reader, struct ringmill_batch *ret_batch)
{
    int r = reader_own(reader);

    if (r < 0)
        return r;
    reader_finish(reader, true);
    return reader_take(reader, reader->options.batch, ret_batch);
}

void ringmill_reader_counters(const struct ringmill_reader *reader,
                              struct ringmill_counters *ret_counters)
{
    struct ringmill_counters sum = {0};

    for (uint32_t i = 0; i < reader->n_rings; i++) {
        struct ringmill_counters one;

        ringmill_ring_counters(reader->rings[i], &one);
        sum.records += one.records;
        sum.bytes += one.bytes;
        sum.discards += one.discards;
        sum.publishes += one.publishes;
        if (one.high_water > sum.high_water)
            sum.high_water = one.high_water;
        if (one.busy_since && (!sum.busy_since || one.busy_since < sum.busy_since))
            sum.busy_since = one.busy_since;
    }
    sum.wakeups = atomic_load_explicit(&reader->wakeups, memory_order_relaxed);
    sum.naps = atomic_load_explicit(&reader->naps, memory_order_relaxed);
    *ret_counters = sum;
}
