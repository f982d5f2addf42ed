// SPDX-License-Identifier: Apache-2.0

/* An adopted source needs no libbpf object: rings and counters are descriptors in the set, named by
 * the numbers of their streams, and links only have to be held. */

#include "source/kept_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/identity.h"
#include "source/kept_search.h"
#include "source/kept_store.h"
#include "source/object.h"
#include "source/object_source.h"
#include "source/predecessor.h"
#include "source/record_layout.h"
#include "source/takeover.h"

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

/* The streams follow from the config, not from the programs. */
static bool has_all_streams(const struct object_source *state, const struct kept_set *kept)
{
    char name[KEPT_ITEM_NAME_MAX];

    for (uint32_t i = 0; i < state->n_rings; i++) {
        if (kept_set_fd(kept, ring_name(name, i, 0)) < 0 ||
            (state->rings[i].lost.map && kept_set_fd(kept, lost_name(name, i)) < 0))
            return false;
    }
    return true;
}

static int adopt_ring(struct source *source, const struct kept_set *kept, uint32_t stream,
                      struct error *error)
{
    struct object_source *state = source->state;
    struct object_ring *ring = &state->rings[stream];
    char name[KEPT_ITEM_NAME_MAX];
    int fds[SHARDS_MAX], result;
    uint32_t count = 0;

    while (count < SHARDS_MAX &&
           (fds[count] = kept_set_fd(kept, ring_name(name, stream, count))) >= 0)
        count++;
    result = shards_borrow(&ring->shards, fds, count, error);
    source->streams[stream].n_rings = count;
    if (result < 0 || !ring->lost.map)
        return result;
    result = lost_start(&ring->lost, kept_set_fd(kept, lost_name(name, stream)), error);
    ring->lost_noted = atomic_load(&kept->ledger->lost[stream]);
    ring->lost_noted_at = atomic_load(&kept->ledger->lost_at[stream]);
    lost_resume(&ring->lost, ring->lost_noted, ring->lost_noted_at);
    source->streams[stream].lost_since = ring->lost_noted_at;
    return result;
}

static int adopt_links(struct object *object, const struct kept_set *kept)
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
    source->stored = state->kept->store == &kept_store_fds ? state->kept->n_items : 0;
}

static int adopt(struct source *source, struct kept_set *kept, struct error *error)
{
    struct object_source *state = source->state;
    int result = 0;

    for (uint32_t i = 0; i < state->n_rings && result == 0; i++)
        result = adopt_ring(source, kept, i, error);
    if (result < 0)
        return result;
    adopt_links(state->object, kept);
    skipped_runs_adopt(&state->skipped, kept, atomic_load(&kept->ledger->skipped));
    state->kept = kept;
    enter(source);
    source->adopted = true;
    log_about(LOG_LEVEL_INFO, "source", source->name,
              "adopted the kept rings and programs (keep: %s): %u links, %" PRIu64 " bytes to read",
              kept->store->name, kept_set_count(kept, KEPT_LINK), kept_set_unread(kept));
    return 0;
}

/* ---- what is found -------------------------------------------------------------------------- */

/* Refuses if the newest running set differs from this config, unless another one is the same: then
 * a reload was killed before its end. */
static int refuse_change(const struct source *source, const struct kept_sets *list,
                         struct error *error)
{
    const struct object_source *state = source->state;
    const struct kept_set *found = NULL;
    char command[KEPT_COMMAND_MAX];

    for (uint32_t i = 0; i < list->count; i++) {
        const struct kept_set *kept = list->sets[i];

        if (kept_search_is_same(state, kept))
            return 0;
        if (kept->foreign || (kept_set_phase(kept) == LEDGER_RUNS && kept->ledger->n_items > 0))
            found = kept;
    }
    if (!found)
        return 0;
    return error_set(error, -ESTALE,
                     "the kept programs (keep: %s) differ from those of this config, and %" PRIu64
                     " bytes in their rings are unread; to end them: %s; to "
                     "replace them at every change, set on_change: fresh",
                     found->store->name, kept_set_unread(found),
                     kept_set_release_command(found, command));
}

/* Adopts the newest set if it is what this config asks for. */
static int adopt_newest(struct source *source, struct kept_sets *list, struct error *error)
{
    struct object_source *state = source->state;
    struct kept_set *kept = list->count > 0 ? list->sets[list->count - 1] : NULL;
    int result;

    if (!kept || !kept->complete || kept->store != keep_store(state->keep) ||
        !kept_search_is_same(state, kept) || !has_all_streams(state, kept))
        return 0;
    result = adopt(source, kept, error);
    if (state->kept)
        list->count--;
    return result;
}

static int read_on(struct source *source, struct kept_sets *list, struct error *error)
{
    const struct object_source *state = source->state;
    char command[KEPT_COMMAND_MAX];

    while (list->count > 0) {
        struct kept_set *kept = list->sets[--list->count];

        if (kept->foreign && state->keep->on_change == KEEP_REFUSE) {
            log_about(
                LOG_LEVEL_WARNING, "source", source->name,
                "an older kept set (keep: %s) has records that this config cannot read, %" PRIu64
                " bytes of them; it is not changed; to remove it: %s",
                kept->store->name, kept_set_unread(kept), kept_set_release_command(kept, command));
            kept_set_free(kept);
        } else if (predecessor_add(source, kept) < 0) {
            return error_set(error, -ENOMEM, "out of memory");
        }
    }
    return 0;
}

static int take(struct source *source, struct kept_sets *list, struct error *error)
{
    const struct object_source *state = source->state;
    int result = state->keep->on_change == KEEP_REFUSE ? refuse_change(source, list, error) : 0;

    if (result == 0)
        result = adopt_newest(source, list, error);
    return result < 0 ? result : read_on(source, list, error);
}

int kept_source_adopt(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    const struct kept_store *store = keep_store(state->keep);
    struct kept_sets list = {0};
    int result;

    if (!store)
        return 0;
    result = store->check(state->keep->pin_folder, error);
    if (result == 0)
        result = identity_of(state->object, error, &state->identity);
    if (result == 0)
        result = kept_search(source, &list, error);
    if (result == 0)
        result = take(source, &list, error);
    kept_sets_deinit(&list);
    return result < 0 ? result : source->adopted;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static int copy_ring(struct kept_set *kept, const struct object_ring *ring, uint32_t stream)
{
    char name[KEPT_ITEM_NAME_MAX];
    int result = 0;

    for (uint32_t i = 0; i < ring->shards.n && result == 0; i++)
        result = kept_set_copy(kept, ring_name(name, stream, i), ring->shards.fds[i]);
    if (result == 0 && ring->lost.map)
        result = kept_set_copy(kept, lost_name(name, stream), ring->lost.fd);
    return result;
}

/* Before Linux 5.15 such a link is only a perf event, which ends with its creator. */
static int copy_link(struct kept_set *kept, const struct attachment *attachment, uint32_t number,
                     struct error *error)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);
    char name[KEPT_ITEM_NAME_MAX];
    int result;

    if (bpf_obj_get_info_by_fd(attachment_fd(attachment), &info, &size) < 0)
        return error_set(error, -ENOTSUP,
                         "this kernel attaches the program without a link, so it cannot be kept; "
                         "use a later Linux, or keep: none");
    snprintf(name, sizeof(name), KEPT_LINK "%u-%u", number, attachment->program);
    result = kept_set_copy(kept, name, attachment_fd(attachment));
    return result < 0 ? error_set(error, result, "%s", strerror(-result)) : 0;
}

static int copy_rings(struct object_source *state, struct kept_set *kept, struct error *error)
{
    int result = 0;

    for (uint32_t i = 0; i < state->n_rings && result == 0; i++)
        result = copy_ring(kept, &state->rings[i], i);
    return result < 0 ? error_set(error, result, "%s",
                                  result == -E2BIG ? "it has too many rings" : strerror(-result))
                      : 0;
}

static void fill_ledger(const struct source *source, struct kept_set *kept)
{
    struct object_source *state = source->state;
    int64_t now = clock_monotonic();

    kept->ledger->identity = state->identity;
    kept->ledger->layout = record_layout(source);
    for (uint32_t i = 0; i < state->n_rings; i++) {
        state->rings[i].lost_noted = state->rings[i].lost.last;
        state->rings[i].lost_noted_at = now;
        atomic_store(&kept->ledger->lost[i], state->rings[i].lost.last);
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

static int begin(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    _cleanup_(cleanup_close) int ledger = ledger_make(error);
    _cleanup_(cleanup_kept_set_free) struct kept_set *kept = NULL;
    int result;

    if (ledger < 0)
        return ledger;
    kept = kept_set_new(keep_store(state->keep), state->keep->pin_folder, source->name,
                        map_id(ledger));
    if (!kept || kept_set_copy(kept, KEPT_LEDGER, ledger) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    kept->ledger = ledger_open(ledger);
    result = kept->ledger ? copy_rings(state, kept, error)
                          : error_set(error, -EIO, "cannot map the ledger");
    if (result < 0)
        return result;
    fill_ledger(source, kept);
    result = kept_set_store(kept, error);
    if (result < 0)
        kept_set_drop(kept, "");
    else
        state->kept = TAKE_PTR(kept);
    return result;
}

/* Older sets end where this one begins; that counts once the ledger says that this set is
 * complete. */
static void cut_older(struct object_source *state)
{
    uint32_t own = state->kept->id;

    if (state->follows)
        predecessor_cut(state, state->follows->kept, own);
    for (uint32_t i = 0; i < state->predecessors.count; i++)
        predecessor_cut(state, state->predecessors.sets[i], own);
}

/* Undoes cut_older() for this set. */
static void uncut_older(struct object_source *state)
{
    uint32_t own = state->kept->id;

    if (state->follows && state->follows->kept)
        predecessor_uncut(state->follows->kept, own);
    for (uint32_t i = 0; i < state->predecessors.count; i++)
        predecessor_uncut(state->predecessors.sets[i], own);
}

static int finish(struct object_source *state, struct error *error)
{
    const struct attachments *attachments = &state->object->attachments;
    struct kept_set *kept = state->kept;
    uint32_t first = kept->n_items;
    int result = 0;

    for (uint32_t i = 0; i < attachments->count && result == 0; i++)
        result = copy_link(kept, &attachments->items[i], i, error);
    return result < 0 ? result : kept_set_store_rest(kept, first, error);
}

static int name_store(const struct object_source *state, int result, struct error *error)
{
    if (result < 0)
        error_prefix(error, "keep: %s", keep_store(state->keep)->name);
    return result;
}

int kept_source_begin(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result = 0;

    if (!keep_store(state->keep))
        return 0;
    if (state->kept)
        ledger_enter(state->kept->ledger);
    else
        result = begin(source, error);
    if (result == 0)
        enter(source);
    return name_store(state, result, error);
}

int kept_source_finish(struct source *source, struct error *error)
{
    struct object_source *state = source->state;
    int result = 0;

    if (!state->kept)
        return 0;
    if (!source->adopted)
        result = name_store(state, finish(state, error), error);
    if (result == 0)
        enter(source);
    return result;
}

void kept_source_take_over(struct source *source)
{
    struct object_source *state = source->state;

    if (!source->adopted)
        cut_older(state);
    if (state->waits)
        takeover_end(source);
    else if (!source->adopted)
        kept_set_complete(state->kept);
    predecessors_end(source);
}

/* ---- while it runs, and at the end ----------------------------------------------------------- */

static void tell_ledger(const struct object_source *state, uint32_t stream)
{
    const struct object_ring *ring = &state->rings[stream];

    atomic_store(&state->kept->ledger->lost[stream], ring->lost_noted);
    atomic_store(&state->kept->ledger->lost_at[stream], ring->lost_noted_at);
}

void kept_source_note_lost(struct object_source *state, uint32_t stream)
{
    struct object_ring *ring = &state->rings[stream];

    if (!state->kept || !state->kept->ledger)
        return;
    tell_ledger(state, stream);
    ring->lost_noted = ring->lost.last;
    ring->lost_noted_at = ring->lost.last_at;
}

void kept_source_forget_lost(struct object_source *state, uint32_t stream)
{
    struct object_ring *ring = &state->rings[stream];

    if (!ring->lost.map || lost_forget(&ring->lost) < 0)
        return;
    ring->lost_noted = ring->lost.last;
    ring->lost_noted_at = ring->lost.last_at;
    if (state->kept)
        tell_ledger(state, stream);
}

void kept_source_settle_lost(struct object_source *state)
{
    for (uint32_t i = 0; i < state->n_rings && state->kept && state->kept->ledger; i++)
        tell_ledger(state, i);
}

void kept_source_detach(struct object_source *state)
{
    kept_set_detach(state->kept, state->object);
}

void kept_source_drop(struct source *source)
{
    struct object_source *state = source->state;

    kept_set_settle(state->kept);
    predecessors_settle(source);
}

void kept_source_undo(struct object_source *state)
{
    kept_set_enter_phase(state->kept, LEDGER_OVER);
    uncut_older(state);
    kept_set_drop(state->kept, KEPT_LINK);
    object_detach(state->object);
    kept_set_drop(state->kept, "");
}
