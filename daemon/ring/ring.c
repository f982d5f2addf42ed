// SPDX-License-Identifier: Apache-2.0
/* One mapped ring: walk, commit, rewind, count. It never waits.
 *
 * The kernel wakes a reader only when the record it commits is the one at consumer_pos. So after
 * publishing that position, a full fence and a second look are needed before "empty" (or "busy")
 * can be trusted: without them the store may still be in this CPU's store buffer when the producer
 * compares, and both sides go to sleep. `unfenced` records whether the fence is due, so a look at a
 * quiet ring costs two loads.
 *
 * The kernel writes the producer position and the lengths, but the memory may also come from
 * another program (a corrupt or a fake ring): all values are checked before they are used. The
 * consumer position is ours; it is read back only to check that it is still what we wrote. If
 * another process wrote it, space that we are reading may have been given to producers, so nothing
 * in that ring can be trusted any more. */
#include "ring/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ring/lock.h"
#include "ring/merge.h"
#include "ring/reader.h"
#include "ring/reason.h"

#define DEFAULT_RECHECK UINT64_C(1000000000)

DEFINE_CLEANUP(struct ringmill_ring, ringmill_ring_free);

int64_t ring_clock_shift;

static int check_options(const struct ringmill_ring_options *options, struct ringmill_error *reason)
{
    if (options && options->size != sizeof(*options))
        return reason_set(reason, -EINVAL,
                          "struct ringmill_ring_options: size is %zu, must be %zu (sizeof)",
                          options->size, sizeof(*options));
    return 0;
}

int ring_new(struct map *map, const struct ringmill_ring_options *options,
             struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    struct ringmill_ring *ring;
    int r;

    r = check_options(options, reason);
    if (r < 0)
        return r;
    r = map_check_positions(map, reason);
    if (r < 0)
        return r;
    ring = aligned_alloc(64, (sizeof(*ring) + 63) & ~(size_t)63);
    if (!ring)
        return reason_set(reason, -ENOMEM, "out of memory for a ring");
    memset(ring, 0, sizeof(*ring));
    ring->flags = options ? options->flags : 0;
    ring->recheck = options && options->recheck ? options->recheck : DEFAULT_RECHECK;
    ring->map = *map;
    *map = (struct map){.fd = -1};
    ring->lock.fd = -1;
    ring->committed = atomic_load_explicit(ring->map.consumer, memory_order_relaxed);
    ring->given = ring->counted = ring->committed;
    ring->walk = (struct walk){
        .data = ring->map.data,
        .mask = ring->map.linear ? UINT64_MAX : ring->map.size - 1,
        .position = ring->committed,
        .limit = ring->committed,
        .no_prefetch = (ring->flags & (RINGMILL_RING_NO_PREFETCH | RINGMILL_RING_OBSERVE)) != 0};
    ring->unfenced = true;
    *ret_ring = ring;
    return 0;
}

int ringmill_ring_open(int map_fd, const struct ringmill_ring_options *options,
                       struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1};
    _cleanup_(lock_leave) struct lock lock = {.fd = -1};
    const char *folder = options && options->lock_folder ? options->lock_folder : LOCK_FOLDER;
    uint32_t flags = options ? options->flags : 0;
    int r;

    r = check_options(options, reason);
    if (r < 0)
        return r;
    r = map_init(map_fd, flags & RINGMILL_RING_OBSERVE, reason, &map);
    if (r < 0)
        return r;
    if (!(flags & (RINGMILL_RING_OBSERVE | RINGMILL_RING_NO_LOCK))) {
        r = lock_take(folder, map.id, reason, &lock);
        if (r < 0)
            return r;
    }
    r = ring_new(&map, options, reason, ret_ring);
    if (r < 0)
        return r;
    (*ret_ring)->lock = lock;
    lock = (struct lock){.fd = -1};
    return 0;
}

void ringmill_ring_free(struct ringmill_ring *ring)
{
    if (!ring)
        return;
    map_deinit(&ring->map);
    lock_leave(&ring->lock);
    free(ring->perf);
    free(ring);
}

_Static_assert(sizeof(unsigned long) == sizeof(uint64_t), "positions are words of 64 bits");

void ring_read_until(struct ringmill_ring *ring, _Atomic uint64_t *until)
{
    uint64_t fill = atomic_load(until) - ring->committed;

    if (fill > ring->map.size)
        atomic_store(until, ring->committed);
    ring->map.producer = (const _Atomic unsigned long *)until;
}

static void set_corrupt(struct ringmill_ring *ring, uint64_t position)
{
    atomic_store_explicit(&ring->corrupt_at, position + 1, memory_order_release);
}

/* False: another process has written the consumer position. */
static bool is_ours(struct ringmill_ring *ring)
{
    unsigned long found = atomic_load_explicit(ring->map.consumer, memory_order_relaxed);

    if (found == ring->committed)
        return true;
    atomic_store_explicit(&ring->foreign_position, found, memory_order_relaxed);
    atomic_store_explicit(&ring->foreign, true, memory_order_relaxed);
    set_corrupt(ring, ring->committed & ~UINT64_C(7));
    return false;
}

static bool is_corrupt(const struct ringmill_ring *ring)
{
    return atomic_load_explicit(&ring->corrupt_at, memory_order_relaxed) != 0;
}

/* Reads the producer position. False if it is not valid. Records that were counted before a rewind
 * get their own limit, so counting is decided once per refresh, not per record. */
static bool refresh(struct ringmill_ring *ring)
{
    unsigned long producer = atomic_load_explicit(ring->map.producer, memory_order_acquire);
    uint64_t fill = producer - ring->committed;

    if (!is_ours(ring))
        return false;
    if (fill > ring->map.size || (producer & 7) != 0 || producer - ring->walk.position > fill ||
        producer - ring->counted > fill) {
        set_corrupt(ring, producer & ~UINT64_C(7));
        return false;
    }
    if (fill > atomic_load_explicit(&ring->counters.high_water, memory_order_relaxed))
        atomic_store_explicit(&ring->counters.high_water, fill, memory_order_relaxed);
    ring->recount = ring->counted != ring->walk.position;
    ring->walk.limit = ring->recount ? ring->counted : producer;
    return true;
}

static void publish(struct ringmill_ring *ring, uint64_t position)
{
    if (!is_ours(ring))
        return;
    ring->committed = position;
    ring->unfenced = true;
    counter_add(&ring->counters.publishes, 1);
    /* release: this thread's reads of the samples are done before producers may overwrite them */
    atomic_store_explicit(ring->map.consumer, position, memory_order_release);
}

static void note_busy(struct ringmill_ring *ring, bool busy)
{
    uint64_t since = atomic_load_explicit(&ring->counters.busy_since, memory_order_relaxed);

    if (busy == (since != 0))
        return;
    ring->blocked_told = false;
    atomic_store_explicit(&ring->counters.busy_since, busy ? ring_now() : 0, memory_order_relaxed);
}

static enum walk_result look_at_walk(const struct ringmill_ring *ring)
{
    return ring->perf ? perf_look(&ring->walk) : walk_look(&ring->walk);
}

static enum ring_state look_once(struct ringmill_ring *ring)
{
    enum walk_result result = look_at_walk(ring);

    if (result == WALK_LIMIT) {
        if (!refresh(ring))
            return RING_CORRUPT;
        result = look_at_walk(ring);
    }
    switch (result) {
    case WALK_LIMIT:
        return RING_EMPTY;
    case WALK_BUSY:
        return RING_BUSY;
    case WALK_CORRUPT:
        set_corrupt(ring, ring->walk.position);
        return RING_CORRUPT;
    default:
        return RING_READABLE;
    }
}

enum ring_state ring_look(struct ringmill_ring *ring)
{
    enum ring_state state;

    if (is_corrupt(ring))
        return RING_CORRUPT;
    state = look_once(ring);
    if (state <= RING_BUSY && ring->unfenced) {
        /* orders the store to consumer_pos before the second look at header and producer_pos; the
         * kernel's side is the xchg of the header before its load of consumer_pos */
        atomic_thread_fence(memory_order_seq_cst);
        ring->unfenced = false;
        state = look_once(ring);
    }
    note_busy(ring, state == RING_BUSY);
    return state;
}

/* noinline: most batches are regular, and need none of this. */
static __attribute__((noinline)) uint32_t take_any(struct ringmill_ring *ring,
                                                   struct ringmill_view *views, uint32_t capacity,
                                                   uint64_t *bytes)
{
    struct walk walk = ring->walk; /* a copy can be in registers */
    uint64_t sum = *bytes;
    uint32_t n = 0;

    while (n < capacity && walk_step(&walk, &views[n]) == WALK_VIEW) {
        sum += views[n++].length;
        n += walk_regular(&walk, views + n, capacity - n, &sum);
    }
    ring->walk = walk;
    *bytes = sum;
    return n;
}

static inline uint32_t take_views(struct ringmill_ring *ring, struct ringmill_view *views,
                                  uint32_t capacity, uint64_t *ret_bytes)
{
    uint32_t n;

    *ret_bytes = 0;
    n = walk_regular(&ring->walk, views, capacity, ret_bytes);
    return n < capacity ? n + take_any(ring, views + n, capacity - n, ret_bytes) : n;
}

static uint32_t fill_views(struct ringmill_ring *ring, struct ringmill_view *views,
                           uint32_t capacity)
{
    uint64_t bytes;
    uint32_t n = ring->perf ? perf_take(ring->perf, &ring->walk, views, capacity, &bytes)
                            : take_views(ring, views, capacity, &bytes);

    if (n)
        ring->given = ring_view_end(ring, &views[n - 1]);
    ring_count(ring, n, bytes);
    return n;
}

int ring_take_seen(struct ringmill_ring *ring, struct ringmill_view *ret_views, uint32_t capacity)
{
    enum ring_state state;

    do {
        uint32_t n = fill_views(ring, ret_views, capacity);

        if (n)
            return (int)n;
        ring_skip_discards(ring);
        state = ring_look(ring);
    } while (state == RING_READABLE);
    return state == RING_CORRUPT ? -EBADMSG : 0;
}

int ringmill_ring_take(struct ringmill_ring *ring, struct ringmill_view *ret_views,
                       uint32_t capacity)
{
    enum ring_state state;

    if (ring->flags & RINGMILL_RING_OBSERVE)
        return -EPERM;
    state = ring_look(ring);
    if (state == RING_READABLE)
        return ring_take_seen(ring, ret_views, capacity);
    return state == RING_CORRUPT ? -EBADMSG : 0;
}

void ring_skip_discards(struct ringmill_ring *ring)
{
    if (ring->committed != ring->given || ring->given == ring->walk.position)
        return;
    ring->given = ring->walk.position;
    publish(ring, ring->given);
}

int ringmill_ring_commit(struct ringmill_ring *ring, uint64_t position)
{
    if (ring->flags & RINGMILL_RING_OBSERVE)
        return -EPERM;
    if (ring->committed - position <= ring->map.size)
        return 0;
    if (position - ring->committed > ring->walk.position - ring->committed || (position & 7) != 0)
        return -EINVAL;
    /* only discarded records follow what was given out */
    if (position - ring->committed >= ring->given - ring->committed)
        position = ring->given = ring->walk.position;
    publish(ring, position);
    return 0;
}

int ringmill_ring_commit_all(struct ringmill_ring *ring)
{
    return ringmill_ring_commit(ring, ring->given);
}

void ringmill_ring_rewind(struct ringmill_ring *ring)
{
    if (!ring_lags(ring) || (ring->flags & RINGMILL_RING_OBSERVE))
        return;
    if (ring->merge)
        merge_reset(ring->merge);
    ring->walk.position = ring->walk.limit = ring->given = ring->committed;
}

int ringmill_ring_health(const struct ringmill_ring *ring, struct ringmill_error *reason)
{
    uint64_t corrupt_at = atomic_load_explicit(&ring->corrupt_at, memory_order_acquire);

    if (corrupt_at == 0)
        return 0;
    if (atomic_load_explicit(&ring->foreign, memory_order_relaxed))
        return reason_set(
            reason, -EBADMSG,
            "another process wrote the consumer position of ring %u (%s): it is %llu, and this "
            "reader wrote %llu. A ring can have only one reader, so reading has stopped: stop the "
            "other process, then restart",
            ring->map.id, ring->map.name,
            (unsigned long long)atomic_load_explicit(&ring->foreign_position, memory_order_relaxed),
            (unsigned long long)(corrupt_at - 1));
    return reason_set(
        reason, -EBADMSG,
        "ring %u (%s) is corrupt at position %llu: a record length or the producer position is out "
        "of range. Reading has stopped; create the ring again (reload its programs), then restart",
        ring->map.id, ring->map.name, (unsigned long long)(corrupt_at - 1));
}

uint64_t ringmill_ring_size(const struct ringmill_ring *ring)
{
    return ring->map.size;
}

uint64_t ringmill_ring_available(const struct ringmill_ring *ring)
{
    unsigned long consumer = atomic_load_explicit(ring->map.consumer, memory_order_acquire);
    unsigned long producer = atomic_load_explicit(ring->map.producer, memory_order_acquire);

    /* the two were not read at the same moment, so the difference may be too large */
    return producer - consumer <= ring->map.size ? producer - consumer : ring->map.size;
}

uint64_t ringmill_ring_end(const struct ringmill_ring *ring)
{
    return atomic_load_explicit(ring->map.producer, memory_order_acquire);
}

uint64_t ringmill_ring_count(const struct ringmill_ring *ring, uint64_t end)
{
    struct walk walk = ring->walk;
    uint64_t records = 0;

    if (ring->perf)
        return perf_count(&walk, end);
    while (walk.position != end && end - walk.position <= ring->map.size) {
        uint32_t header = walk_header(&walk);

        records += (header & LAYOUT_DISCARD) == 0;
        walk.position += layout_span(header & LAYOUT_LENGTH);
    }
    return records;
}

uint64_t ringmill_ring_position(const struct ringmill_ring *ring)
{
    return ring->walk.position;
}

uint64_t ringmill_ring_committed(const struct ringmill_ring *ring)
{
    return ring->committed;
}

uint64_t ringmill_ring_remaining(const struct ringmill_ring *ring, const struct ringmill_view *view)
{
    return atomic_load_explicit(ring->map.producer, memory_order_acquire) -
           ring_view_end(ring, view);
}

int ringmill_ring_fd(const struct ringmill_ring *ring)
{
    return ring->map.fd;
}

uint32_t ringmill_ring_id(const struct ringmill_ring *ring)
{
    return ring->map.id;
}

static uint64_t counter_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void ringmill_ring_counters(const struct ringmill_ring *ring,
                            struct ringmill_counters *ret_counters)
{
    const struct ring_counters *counters = &ring->counters;

    *ret_counters = (struct ringmill_counters){
        .records = counter_read(&counters->records),
        .bytes = counter_read(&counters->bytes),
        .discards = counter_read(&counters->discards),
        .wakeups = counter_read(&counters->wakeups),
        .naps = counter_read(&counters->naps),
        .publishes = counter_read(&counters->publishes),
        .high_water = counter_read(&counters->high_water),
        .busy_since = counter_read(&counters->busy_since),
    };
}
