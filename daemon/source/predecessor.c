// SPDX-License-Identifier: Apache-2.0

/* The position up to which a ring is read is in the ledger. Until a set is cut, that position is
 * copied from the kernel's producer position, so what a program writes after its successor was
 * attached is not read twice. */

#include "source/predecessor.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ring/reason.h"
#include "ring/ring.h"
#include "source/attachment.h"
#include "source/kept_store.h"
#include "source/object.h"
#include "source/object_source.h"

int predecessor_add(struct source *source, struct kept_set *kept)
{
    struct object_source *state = source->state;
    struct kept_sets *predecessors = &state->predecessors;
    struct kept_set **sets =
        reallocarray(predecessors->sets, predecessors->count + 1, sizeof(struct kept_set *));

    if (!sets) {
        kept_set_free(kept);
        return -ENOMEM;
    }
    predecessors->sets = sets;
    predecessors->sets[predecessors->count++] = kept;
    return 0;
}

/* ---- their rings ----------------------------------------------------------------------------- */

static int ring_of(const struct kept_set *kept, uint32_t stream, uint32_t shard)
{
    char name[KEPT_ITEM_NAME_MAX];

    snprintf(name, sizeof(name), KEPT_RING "%" PRIu32 "-%" PRIu32, stream, shard);
    return kept_set_fd(kept, name);
}

static uint32_t rings_of(const struct kept_set *kept, uint32_t stream)
{
    uint32_t count = 0;

    while (!kept->foreign && ring_of(kept, stream, count) >= 0)
        count++;
    return count;
}

bool predecessors_are_read(const struct object_source *state)
{
    for (uint32_t i = 0; i < state->predecessors.count; i++)
        if (!state->predecessors.sets[i]->foreign)
            return true;
    return false;
}

uint32_t predecessor_count_rings(const struct object_source *state, uint32_t stream)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < state->predecessors.count; i++)
        count += rings_of(state->predecessors.sets[i], stream);
    return count;
}

static uint64_t producer_of(int fd)
{
    const struct ringmill_ring_options options = {.size = sizeof(options),
                                                  .flags = RINGMILL_RING_OBSERVE};
    struct ringmill_ring *ring = NULL;
    uint64_t position = 0;

    if (ringmill_ring_open(fd, &options, NULL, &ring) == 0)
        position = ringmill_ring_committed(ring) + ringmill_ring_available(ring);
    ringmill_ring_free(ring);
    return position;
}

static int open_ring(const struct object_source *state, const struct kept_set *kept,
                     uint32_t stream, uint32_t shard, struct ringmill_error *reason,
                     struct ringmill_ring **ret_ring)
{
    const struct ringmill_ring_options options = {.size = sizeof(options),
                                                  .recheck = state->recheck};
    int fd = ring_of(kept, stream, shard);
    struct ring_bounds *bounds = kept_set_ring_bounds(kept, stream, shard);
    int result = ringmill_ring_open(fd, &options, reason, ret_ring);

    if (result < 0 || !bounds)
        return result;
    if (!kept->cut)
        atomic_store(&bounds->until, producer_of(fd));
    ring_read_until(*ret_ring, &bounds->until);
    return 0;
}

/* Which set has the ring of that index; takes the rings of sets before it off *index. */
static const struct kept_set *find_ring(const struct object_source *state, uint32_t stream,
                                        uint32_t *index)
{
    for (uint32_t i = 0; i < state->predecessors.count; i++) {
        uint32_t count = rings_of(state->predecessors.sets[i], stream);

        if (*index < count)
            return state->predecessors.sets[i];
        *index -= count;
    }
    return NULL;
}

int predecessor_open_ring(const struct object_source *state, uint32_t stream, uint32_t index,
                          struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    const struct kept_set *kept = find_ring(state, stream, &index);

    return kept ? open_ring(state, kept, stream, index, reason, ret_ring)
                : reason_set(reason, -ENOENT, "no such ring");
}

struct ring_bounds *predecessor_ring_bounds(const struct object_source *state, uint32_t stream,
                                            uint32_t index)
{
    const struct kept_set *kept = find_ring(state, stream, &index);

    return kept ? kept_set_ring_bounds(kept, stream, index) : NULL;
}

/* ---- where one set ends and the next begins -------------------------------------------------- */

/* The value of the loss counter of that stream; 0: it has none. */
static uint64_t count_lost(const struct lost_counter *like, const struct kept_set *kept,
                           uint32_t stream)
{
    struct lost_counter counter = *like;
    char name[KEPT_ITEM_NAME_MAX];
    int fd;

    snprintf(name, sizeof(name), "lost-%" PRIu32, stream);
    fd = like->map ? kept_set_fd(kept, name) : -1;
    counter.memory = NULL;
    counter.memory_size = 0;
    if (fd < 0 || lost_start(&counter, fd, NULL) < 0)
        return 0;
    lost_stop(&counter);
    return counter.last;
}

/* Where the reader of the running source stops, or where the ring ends now. */
static uint64_t end_of(const struct kept_set *kept, const struct object_source *reader,
                       uint32_t stream, uint32_t shard)
{
    uint64_t until = RING_UNTIL_OPEN;

    if (reader && reader->kept == kept && stream < reader->n_rings &&
        shard < reader->rings[stream].shards.n)
        until = atomic_load(&reader->rings[stream].own[shard].bounds.until);
    return until == RING_UNTIL_OPEN ? producer_of(ring_of(kept, stream, shard)) : until;
}

static void move_until(const struct kept_set *kept, const struct object_source *reader)
{
    for (uint32_t i = 0; i < kept->n_items; i++) {
        uint32_t stream, shard;
        struct ring_bounds *bounds;

        if (sscanf(kept->items[i].name, KEPT_RING "%" SCNu32 "-%" SCNu32, &stream, &shard) == 2 &&
            (bounds = kept_set_ring_bounds(kept, stream, shard)))
            atomic_store(&bounds->until, end_of(kept, reader, stream, shard));
    }
}

static void cut_lost(struct object_source *state, struct kept_set *kept)
{
    for (uint32_t i = 0; i < state->n_rings && i < LEDGER_STREAMS_MAX; i++)
        atomic_store(&kept->ledger->lost_until[i], count_lost(&state->rings[i].lost, kept, i));
}

void predecessor_cut(struct object_source *state, struct kept_set *kept, uint32_t successor)
{
    if (!kept->ledger || kept->cut)
        return;
    cut_lost(state, kept);
    move_until(kept, state->follows);
    atomic_store(&kept->ledger->successor, successor);
    kept->cut = true;
}

void predecessor_uncut(struct kept_set *kept, uint32_t successor)
{
    if (!kept->ledger || atomic_load(&kept->ledger->successor) != successor)
        return;
    atomic_store(&kept->ledger->successor, 0);
    kept->cut = false;
}

static void end_foreign(const struct source *source, struct kept_set *kept, uint64_t bytes)
{
    log_about(LOG_LEVEL_WARNING, "source", source->name,
              "the kept programs (keep: %s) have records that this config cannot read; they are "
              "removed, and %" PRIu64 " unread bytes are lost",
              kept->store->name, bytes);
    kept_set_drop(kept, "");
}

static void end_one(struct source *source, struct kept_set *kept)
{
    struct object_source *state = source->state;
    uint64_t bytes;

    predecessor_cut(state, kept, state->kept->id);
    kept_set_detach(kept, NULL);
    ledger_enter(kept->ledger);
    bytes = kept_set_unread(kept);
    if (kept->foreign)
        end_foreign(source, kept, bytes);
    else if (bytes == 0)
        kept_set_drop(kept, "");
    else
        log_about(LOG_LEVEL_INFO, "source", source->name,
                  "reading %" PRIu64 " bytes that an earlier daemon left in its rings (keep: %s)",
                  bytes, kept->store->name);
}

void predecessors_end(struct source *source)
{
    struct object_source *state = source->state;

    for (uint32_t i = 0; i < state->predecessors.count; i++)
        end_one(source, state->predecessors.sets[i]);
    state->predecessors_ended = true;
}

/* ---- losses ---------------------------------------------------------------------------------- */

uint64_t predecessors_lost(struct object_source *state, uint32_t stream)
{
    struct object_ring *ring = &state->rings[stream];
    uint64_t lost = 0;

    if (state->predecessors.count == 0 || stream >= LEDGER_STREAMS_MAX || !ring->lost.map ||
        !state->predecessors_ended)
        return ring->lost_by_predecessors;
    for (uint32_t i = 0; i < state->predecessors.count; i++) {
        struct ledger *ledger = state->predecessors.sets[i]->ledger;

        lost += lost_between(&ring->lost, atomic_load(&ledger->lost[stream]),
                             atomic_load(&ledger->lost_at[stream]),
                             atomic_load(&ledger->lost_until[stream]));
        if (ring->predecessors_reported)
            atomic_store(&ledger->lost[stream], atomic_load(&ledger->lost_until[stream]));
    }
    if (!ring->predecessors_reported)
        ring->lost_by_predecessors = lost;
    ring->predecessors_reported = true;
    return ring->lost_by_predecessors;
}

/* ---- dropping -------------------------------------------------------------------------------- */

void predecessors_drop_read(struct source *source)
{
    struct object_source *state = source->state;
    struct kept_sets *predecessors = &state->predecessors;

    for (uint32_t i = 0; state->predecessors_ended && i < predecessors->count; i++)
        if (predecessors->sets[i]->n_items > 0 && kept_set_unread(predecessors->sets[i]) == 0)
            kept_set_drop(predecessors->sets[i], "");
}

void predecessors_settle(struct source *source)
{
    struct object_source *state = source->state;

    for (uint32_t i = 0; state->predecessors_ended && i < state->predecessors.count; i++)
        if (state->predecessors.sets[i]->n_items > 0)
            kept_set_settle(state->predecessors.sets[i]);
}
