// SPDX-License-Identifier: Apache-2.0

/* An adopted source needs no libbpf object: rings and counters are descriptors that stand in the
 * set by the numbers of their streams, and links only have to be held. */

#include "source/adopt.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/identity.h"
#include "source/object.h"
#include "source/object_source.h"
#include "source/vault.h"

enum { DETACH_LIMIT_S = 5 };

static const char *ring_name(char name[KEPT_ITEM_NAME_MAX], uint32_t stream, uint32_t shard)
{
    snprintf(name, KEPT_ITEM_NAME_MAX, "ring-%u-%u", stream, shard);
    return name;
}

static const char *lost_name(char name[KEPT_ITEM_NAME_MAX], uint32_t stream)
{
    snprintf(name, KEPT_ITEM_NAME_MAX, "lost-%u", stream);
    return name;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Which streams there are follows from the config, not from the programs. */
static int check_identity(struct object_source *state, const struct kept *kept)
{
    char name[KEPT_ITEM_NAME_MAX];
    struct identity own = state->identity;

    if (memcmp(&kept->ledger->identity, &own, sizeof(own)) != 0)
        return -ESTALE;
    for (uint32_t i = 0; i < state->n_rings; i++) {
        if (kept_fd(kept, ring_name(name, i, 0)) < 0 ||
            (state->rings[i].lost.map && kept_fd(kept, lost_name(name, i)) < 0))
            return -ESTALE;
    }
    return 0;
}

static int adopt_ring(struct source *source, const struct kept *kept, uint32_t stream,
                      struct error *error)
{
    struct object_source *state = source->state;
    struct object_ring *ring = &state->rings[stream];
    char name[KEPT_ITEM_NAME_MAX];
    int fds[SHARDS_MAX], result;
    uint32_t count = 0;

    while (count < SHARDS_MAX && (fds[count] = kept_fd(kept, ring_name(name, stream, count))) >= 0)
        count++;
    result = shards_borrow(&ring->shards, fds, count, error);
    source->streams[stream].n_rings = count;
    if (result < 0 || !ring->lost.map)
        return result;
    result = lost_start(&ring->lost, kept_fd(kept, lost_name(name, stream)), error);
    ring->lost.before = ring->lost_noted = atomic_load(&kept->ledger->lost[stream]);
    ring->lost_noted_at = atomic_load(&kept->ledger->lost_at[stream]);
    source->streams[stream].lost_since = ring->lost_noted_at;
    return result;
}

static int adopt_links(struct object *object, const struct kept *kept)
{
    for (uint32_t i = 0; i < kept->n_items; i++) {
        uint32_t program;

        if (sscanf(kept->items[i].name, KEPT_LINK "%*u-%" SCNu32, &program) == 1 &&
            program < object->n_programs)
            object->programs[program].attached = true;
    }
    return 0;
}

static void enter(struct source *source)
{
    const struct object_source *state = source->state;

    source->kept = true;
    source->stored = state->kept->vault == &vault_fdstore ? state->kept->n_items : 0;
}

static int adopt(struct source *source, struct kept *kept, struct error *error)
{
    struct object_source *state = source->state;
    int result = 0;

    for (uint32_t i = 0; i < state->n_rings && result == 0; i++)
        result = adopt_ring(source, kept, i, error);
    if (result < 0)
        return result;
    adopt_links(state->object, kept);
    ledger_enter(kept->ledger);
    state->kept = kept;
    enter(source);
    source->adopted = true;
    log_about(LOG_LEVEL_INFO, "source", source->name,
              "goes on with what was kept by %s: %u links, %" PRIu64 " bytes to read",
              kept->vault->name, kept_count(kept, KEPT_LINK), kept_unread(kept));
    return 1;
}

/* It is not what is wanted. */
static int end_it(const struct source *source, struct kept *kept, struct error *error)
{
    const struct object_source *state = source->state;
    int result = kept_in_use(kept, error);

    if (result < 0)
        return result;
    if (!kept->complete)
        log_about(LOG_LEVEL_WARNING, "source", source->name,
                  "what was kept by %s is not complete (%u descriptors); it is ended, with "
                  "%" PRIu64 " bytes that nobody has read",
                  kept->vault->name, kept->n_items, kept_unread(kept));
    else if (state->keep->on_change == KEEP_REFUSE)
        return error_set(error, -ESTALE,
                         "what was kept by %s are other programs than this config asks for, with "
                         "%" PRIu64 " bytes that nobody has read; ringmill release %s ends them, "
                         "on_change: fresh would do it at each change",
                         kept->vault->name, kept_unread(kept), source->name);
    else
        log_about(LOG_LEVEL_WARNING, "source", source->name,
                  "what was kept by %s are other programs than this config asks for; they are "
                  "ended, with %" PRIu64 " bytes that nobody has read",
                  kept->vault->name, kept_unread(kept));
    kept_drop(kept, "");
    return 0;
}

int adopt_find(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    const struct vault *vault = keep_vault(state->keep);
    struct kept_list list = {0};
    int result;

    if (!vault)
        return 0;
    result = vault->check(state->keep->pin_folder, error);
    if (result == 0)
        result = identity_of(state->object, error, &state->identity);
    if (result == 0)
        result = vault->find(state->keep->pin_folder, source->name, &list, error);
    for (uint32_t i = 0; i < list.count && result >= 0; i++) {
        struct kept *kept = list.sets[i];

        if (kept->ledger && ledger_is_own(kept->ledger))
            continue; /* of the graph that this one is to take the place of */
        if (kept->complete && !state->kept && check_identity(state, kept) == 0) {
            result = adopt(source, kept, error);
            if (state->kept)
                list.sets[i] = NULL;
        } else {
            result = end_it(source, kept, error);
        }
    }
    kept_list_deinit(&list);
    return result < 0 ? result : source->adopted;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static int copy_ring(struct kept *kept, const struct object_ring *ring, uint32_t stream)
{
    char name[KEPT_ITEM_NAME_MAX];
    int result = 0;

    for (uint32_t i = 0; i < ring->shards.n && result == 0; i++)
        result = kept_copy(kept, ring_name(name, stream, i), ring->shards.fds[i]);
    if (result == 0 && ring->lost.map)
        result = kept_copy(kept, lost_name(name, stream), ring->lost.fd);
    return result;
}

/* The link of an older kernel than 5.15 is only a perf event, which goes with whoever made it. */
static int copy_link(struct kept *kept, const struct hold *hold, uint32_t number,
                     struct error *error)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);
    char name[KEPT_ITEM_NAME_MAX];
    int result;

    if (bpf_obj_get_info_by_fd(bpf_link__fd(hold->link), &info, &size) < 0)
        return error_set(error, -ENOTSUP,
                         "this kernel attaches it by a perf event that is no link, which cannot be "
                         "kept; Linux 5.15 is the first that can");
    snprintf(name, sizeof(name), KEPT_LINK "%u-%u", number, hold->program);
    result = kept_copy(kept, name, bpf_link__fd(hold->link));
    return result < 0 ? error_set(error, result, "%s", strerror(-result)) : 0;
}

static int copy_all(struct object_source *state, struct kept *kept, struct error *error)
{
    const struct holds *holds = &state->object->holds;
    int result = 0;

    for (uint32_t i = 0; i < state->n_rings && result == 0; i++)
        result = copy_ring(kept, &state->rings[i], i);
    if (result < 0)
        return error_set(error, result, "%s",
                         result == -E2BIG ? "it has too many rings" : strerror(-result));
    for (uint32_t i = 0; i < holds->count && result == 0; i++)
        result = copy_link(kept, &holds->items[i], i, error);
    return result;
}

static void fill_ledger(struct object_source *state, struct kept *kept)
{
    int64_t now = clock_monotonic();

    kept->ledger->identity = state->identity;
    kept->ledger->n_items = kept->n_items - 1;
    for (uint32_t i = 0; i < state->n_rings; i++) {
        state->rings[i].lost_noted = state->rings[i].lost.before;
        state->rings[i].lost_noted_at = now;
        atomic_store(&kept->ledger->lost[i], state->rings[i].lost.before);
        atomic_store(&kept->ledger->lost_at[i], now);
    }
    ledger_enter(kept->ledger);
}

static uint32_t map_id(int fd)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);

    return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

static int keep(struct source *source, struct kept **ret, struct error *error)
{
    struct object_source *state = source->state;
    _cleanup_(cleanup_close) int ledger = ledger_make(error);
    _cleanup_(cleanup_kept_free) struct kept *kept = NULL;
    int result;

    if (ledger < 0)
        return ledger;
    kept = kept_new(keep_vault(state->keep), state->keep->pin_folder, source->name, map_id(ledger));
    if (!kept || kept_copy(kept, KEPT_LEDGER, ledger) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    kept->ledger = ledger_open(ledger);
    result = kept->ledger ? copy_all(state, kept, error)
                          : error_set(error, -EIO, "cannot map the ledger");
    if (result < 0)
        return result;
    fill_ledger(state, kept);
    result = kept_put(kept, error);
    if (result == 0)
        *ret = TAKE_PTR(kept);
    return result;
}

int adopt_keep(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result;

    if (!keep_vault(state->keep) || state->kept)
        return 0;
    result = keep(source, &state->kept, error);
    if (result == 0)
        enter(source);
    if (result < 0)
        error_prefix(error, "keep: %s", keep_vault(state->keep)->name);
    return result;
}

/* ---- while it runs, and at the end ----------------------------------------------------------- */

void adopt_note_lost(struct object_source *state, uint32_t stream, uint64_t lost)
{
    struct object_ring *ring = &state->rings[stream];

    if (!state->kept || !state->kept->ledger)
        return;
    atomic_store(&state->kept->ledger->lost[stream], ring->lost_noted);
    atomic_store(&state->kept->ledger->lost_at[stream], ring->lost_noted_at);
    ring->lost_noted = ring->lost.before + lost;
    ring->lost_noted_at = clock_monotonic();
}

void adopt_settle_lost(struct object_source *state)
{
    for (uint32_t i = 0; i < state->n_rings; i++)
        adopt_note_lost(state, i, state->rings[i].lost_noted - state->rings[i].lost.before);
}

/* ---- detaching ------------------------------------------------------------------------------- */

static uint32_t link_id(int fd)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);

    return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

/* Whoever kept it closes it in its own time: PID 1 behind its back, a pin after a grace period.
 * Where ids cannot be asked for, that is all that can be known. */
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

void adopt_detach(struct object_source *state)
{
    uint32_t *links = calloc(state->kept->n_items + 1, sizeof(*links));
    int64_t deadline = clock_monotonic() + DETACH_LIMIT_S * INT64_C(1000000000);
    uint32_t count = 0;

    for (uint32_t i = 0; links && i < state->kept->n_items; i++)
        if (strncmp(state->kept->items[i].name, KEPT_LINK, strlen(KEPT_LINK)) == 0)
            links[count++] = link_id(state->kept->items[i].fd);
    kept_drop(state->kept, KEPT_LINK);
    object_detach(state->object);
    for (uint32_t i = 0; i < count; i++)
        await_end(links[i], deadline);
    holds_fence();
    free(links);
}

void adopt_drop(struct object_source *state)
{
    kept_drop(state->kept, "");
}
