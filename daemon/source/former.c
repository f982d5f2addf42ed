// SPDX-License-Identifier: Apache-2.0

/* The position up to which a ring is read is in the ledger. Until a set is cut, that position is
 * copied from the kernel's producer position, so what a program writes after its successor was
 * attached is not read twice. */

#include "source/former.h"

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
#include "source/hold.h"
#include "source/object.h"
#include "source/object_source.h"
#include "source/vault.h"

enum { DETACH_LIMIT_S = 3 }; /* shorter than the limit of a stop, see pipeline/stop.h */

int former_take(struct source *source, struct kept *kept)
{
    struct object_source *state = source->state;
    struct kept_list *formers = &state->formers;
    struct kept **sets = reallocarray(formers->sets, formers->count + 1, sizeof(struct kept *));

    if (!sets) {
        kept_free(kept);
        return -ENOMEM;
    }
    formers->sets = sets;
    formers->sets[formers->count++] = kept;
    return 0;
}

/* ---- their rings ----------------------------------------------------------------------------- */

static int ring_of(const struct kept *kept, uint32_t stream, uint32_t shard)
{
    char name[KEPT_ITEM_NAME_MAX];

    snprintf(name, sizeof(name), KEPT_RING "%" PRIu32 "-%" PRIu32, stream, shard);
    return kept_fd(kept, name);
}

static uint32_t rings_of(const struct kept *kept, uint32_t stream)
{
    uint32_t count = 0;

    while (!kept->foreign && ring_of(kept, stream, count) >= 0)
        count++;
    return count;
}

uint32_t former_rings(const struct object_source *state, uint32_t stream)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < state->formers.count; i++)
        count += rings_of(state->formers.sets[i], stream);
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

static int open_ring(const struct object_source *state, const struct kept *kept, uint32_t stream,
                     uint32_t shard, struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    const struct ringmill_ring_options options = {.size = sizeof(options),
                                                  .recheck = state->recheck};
    int fd = ring_of(kept, stream, shard);
    _Atomic uint64_t *until = kept_until(kept, stream, shard);
    int result = ringmill_ring_open(fd, &options, reason, ret_ring);

    if (result < 0 || !until)
        return result;
    if (!kept->cut)
        atomic_store(until, producer_of(fd));
    ring_read_until(*ret_ring, until);
    return 0;
}

int former_open_ring(const struct object_source *state, uint32_t stream, uint32_t index,
                     struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    for (uint32_t i = 0; i < state->formers.count; i++) {
        uint32_t count = rings_of(state->formers.sets[i], stream);

        if (index < count)
            return open_ring(state, state->formers.sets[i], stream, index, reason, ret_ring);
        index -= count;
    }
    return reason_set(reason, -ENOENT, "no such ring");
}

/* ---- where one set ends and the next begins -------------------------------------------------- */

/* The value of the loss counter of that stream; 0: it has none. */
static uint64_t count_lost(const struct lost_counter *like, const struct kept *kept,
                           uint32_t stream)
{
    struct lost_counter counter = *like;
    char name[KEPT_ITEM_NAME_MAX];
    int fd;

    snprintf(name, sizeof(name), "lost-%" PRIu32, stream);
    fd = like->map ? kept_fd(kept, name) : -1;
    counter.memory = NULL;
    counter.memory_size = 0;
    if (fd < 0 || lost_start(&counter, fd, NULL) < 0)
        return 0;
    lost_stop(&counter);
    return counter.last;
}

static void move_until(const struct kept *kept)
{
    for (uint32_t i = 0; i < kept->n_items; i++) {
        uint32_t stream, shard;
        _Atomic uint64_t *until;

        if (sscanf(kept->items[i].name, KEPT_RING "%" SCNu32 "-%" SCNu32, &stream, &shard) == 2 &&
            (until = kept_until(kept, stream, shard)))
            atomic_store(until, producer_of(kept->items[i].fd));
    }
}

static void cut_lost(struct object_source *state, struct kept *kept)
{
    for (uint32_t i = 0; i < state->n_rings && i < LEDGER_STREAMS_MAX; i++)
        atomic_store(&kept->ledger->lost_until[i], count_lost(&state->rings[i].lost, kept, i));
}

void former_cut(struct object_source *state, struct kept *kept, uint32_t successor)
{
    if (!kept->ledger || kept->cut)
        return;
    cut_lost(state, kept);
    move_until(kept);
    atomic_store(&kept->ledger->successor, successor);
    kept->cut = true;
}

void former_uncut(struct kept *kept, uint32_t successor)
{
    if (!kept->ledger || atomic_load(&kept->ledger->successor) != successor)
        return;
    atomic_store(&kept->ledger->successor, 0);
    kept->cut = false;
}

static void end_foreign(const struct source *source, struct kept *kept, uint64_t bytes)
{
    log_about(LOG_LEVEL_WARNING, "source", source->name,
              "the kept programs (keep: %s) have records that this config cannot read; they are "
              "removed, and %" PRIu64 " unread bytes are lost",
              kept->vault->name, bytes);
    kept_drop(kept, "");
}

static void end_one(struct source *source, struct kept *kept)
{
    struct object_source *state = source->state;
    uint64_t bytes;

    former_cut(state, kept, state->kept->id);
    former_detach(kept, NULL);
    ledger_enter(kept->ledger);
    bytes = kept_unread(kept);
    if (kept->foreign)
        end_foreign(source, kept, bytes);
    else if (bytes == 0)
        kept_drop(kept, "");
    else
        log_about(LOG_LEVEL_INFO, "source", source->name,
                  "reading %" PRIu64 " bytes that an earlier daemon left in its rings (keep: %s)",
                  bytes, kept->vault->name);
}

void former_end(struct source *source)
{
    struct object_source *state = source->state;

    for (uint32_t i = 0; i < state->formers.count; i++)
        end_one(source, state->formers.sets[i]);
    state->formers_end = true;
}

/* ---- losses ---------------------------------------------------------------------------------- */

uint64_t former_lost(struct object_source *state, uint32_t stream)
{
    struct object_ring *ring = &state->rings[stream];
    uint64_t lost = 0;

    if (state->formers.count == 0 || stream >= LEDGER_STREAMS_MAX || !ring->lost.map ||
        !state->formers_end)
        return ring->lost_by_formers;
    for (uint32_t i = 0; i < state->formers.count; i++) {
        struct ledger *ledger = state->formers.sets[i]->ledger;

        lost += lost_between(&ring->lost, atomic_load(&ledger->lost[stream]),
                             atomic_load(&ledger->lost_at[stream]),
                             atomic_load(&ledger->lost_until[stream]));
        if (ring->formers_told)
            atomic_store(&ledger->lost[stream], atomic_load(&ledger->lost_until[stream]));
    }
    if (!ring->formers_told)
        ring->lost_by_formers = lost;
    ring->formers_told = true;
    return ring->lost_by_formers;
}

/* ---- dropping -------------------------------------------------------------------------------- */

void former_tend(struct source *source)
{
    struct object_source *state = source->state;
    struct kept_list *formers = &state->formers;

    for (uint32_t i = 0; state->formers_end && i < formers->count; i++)
        if (formers->sets[i]->n_items > 0 && kept_unread(formers->sets[i]) == 0)
            kept_drop(formers->sets[i], "");
}

void former_leave(struct source *source)
{
    struct object_source *state = source->state;

    for (uint32_t i = 0; state->formers_end && i < state->formers.count; i++)
        if (state->formers.sets[i]->n_items > 0)
            former_settle(source, state->formers.sets[i]);
}

void former_settle(const struct source *source, struct kept *kept)
{
    uint64_t bytes = kept_unread(kept);
    char command[KEPT_COMMAND_MAX];

    if (bytes == 0) {
        kept_drop(kept, "");
        return;
    }
    log_about(LOG_LEVEL_WARNING, "source", source->name,
              "%" PRIu64 " bytes in its rings were not delivered; they stay there (keep: %s), and "
              "the next start delivers them; to discard them: %s",
              bytes, kept->vault->name, kept_release_command(kept, command));
}

/* ---- detaching ------------------------------------------------------------------------------- */

static uint32_t link_id(int fd)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);

    return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

/* Waits until a link is gone. The vault closes it asynchronously: PID 1 later, a pin after a grace
 * period. If ids cannot be asked for, it is not known when. */
static void await_end(uint32_t link, int64_t deadline)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    int fd;

    while ((fd = bpf_link_get_fd_by_id(link)) >= 0 || errno == EAGAIN) {
        if (fd >= 0)
            close(fd);
        if (clock_monotonic() > deadline)
            return;
        nanosleep(&pause, NULL);
    }
}

void former_detach(struct kept *kept, struct object *object)
{
    uint32_t *links = calloc(kept->n_items + 1, sizeof(*links));
    int64_t deadline = clock_monotonic() + DETACH_LIMIT_S * INT64_C(1000000000);
    uint32_t count = 0;

    for (uint32_t i = 0; links && i < kept->n_items; i++)
        if (strncmp(kept->items[i].name, KEPT_LINK, strlen(KEPT_LINK)) == 0)
            links[count++] = link_id(kept->items[i].fd);
    kept_set_phase(kept, LEDGER_ENDS);
    kept_drop(kept, KEPT_LINK);
    if (object)
        object_detach(object);
    for (uint32_t i = 0; i < count; i++)
        await_end(links[i], deadline);
    holds_fence();
    free(links);
}
