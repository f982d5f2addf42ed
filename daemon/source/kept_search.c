// SPDX-License-Identifier: Apache-2.0

/* Nothing is changed here before it is known that no other process reads any of the sets. */

#include "source/kept_search.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "source/kept_store.h"
#include "source/object_source.h"
#include "source/predecessor.h"
#include "source/record_layout.h"
#include "source/source.h"

static int by_age(const void *one, const void *other)
{
    uint32_t a = (*(struct kept_set *const *)one)->id, b = (*(struct kept_set *const *)other)->id;

    return a < b ? -1 : a > b;
}

/* Searches all kept_stores: the previous config may have kept the source elsewhere. */
static int find_all(const struct source *source, struct kept_sets *list, struct error *error)
{
    const struct object_source *state = source->state;
    const struct kept_store *own = keep_store(state->keep);

    for (const struct kept_store *const *store = kept_stores; *store; store++) {
        int result = (*store)->find(state->keep->pin_folder, source->name, list, error);

        if (result < 0 && *store == own)
            return result;
    }
    if (list->count > 0)
        qsort(list->sets, list->count, sizeof(struct kept_set *), by_age);
    return 0;
}

static void leave_out(struct kept_sets *list, uint32_t *index)
{
    memmove(&list->sets[*index], &list->sets[*index + 1],
            (list->count - *index - 1) * sizeof(struct kept_set *));
    list->count--;
    (*index)--;
}

/* Leaves out the sets that are read by the graph that this one replaces. */
static int check_use(struct kept_sets *list, struct error *error)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct kept_set *kept = list->sets[i];
        int result = kept_set_find_reader(kept, error);

        if (kept->ledger && ledger_is_own(kept->ledger) &&
            (result == -EBUSY || kept_set_phase(kept) == LEDGER_RUNS)) {
            leave_out(list, &i);
            kept_set_free(kept);
        } else if (result < 0) {
            return result;
        }
    }
    return 0;
}

static const struct kept_set *find_id(const struct kept_sets *list, uint32_t id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->sets[i]->id == id)
            return list->sets[i];
    return NULL;
}

/* The one that took over may be gone by now; but one that is not finished did not take over yet,
 * and the config of one that is over never came to run. */
static void see_cuts(const struct kept_sets *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct kept_set *kept = list->sets[i];
        uint32_t successor = kept->ledger ? atomic_load(&kept->ledger->successor) : 0;
        const struct kept_set *next = successor ? find_id(list, successor) : NULL;

        if (next && (kept_set_phase(next) == LEDGER_OVER ||
                     (next->ledger && atomic_load(&next->ledger->n_items) == 0)))
            predecessor_uncut(kept, successor);
        else
            kept->cut = successor != 0;
    }
}

/* Marks a set whose links are gone, because systemd has emptied its store: it gets no more records,
 * so the next set is not superfluous. */
static void see_end(struct kept_set *kept)
{
    if (!kept->complete && kept_set_phase(kept) == LEDGER_RUNS &&
        atomic_load(&kept->ledger->n_items) > 0)
        kept_set_enter_phase(kept, LEDGER_ENDS);
}

/* Whether a set is superfluous: it was not finished, and an older one continued, which has all its
 * records. */
static bool is_superfluous(const struct kept_sets *list, uint32_t index)
{
    if (list->sets[index]->ledger->n_items > 0)
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (kept_set_phase(list->sets[i]) == LEDGER_RUNS && !list->sets[i]->cut)
            return true;
    return false;
}

static void drop_waste(const struct source *source, struct kept_sets *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct kept_set *kept = list->sets[i];

        if (kept->ledger && kept_set_phase(kept) != LEDGER_OVER && !is_superfluous(list, i))
            continue;
        if (!kept->ledger && kept_set_unread(kept) > 0)
            log_about(LOG_LEVEL_WARNING, "source", source->name,
                      "the kept set (keep: %s) has no readable ledger and is removed; %" PRIu64
                      " unread bytes are lost",
                      kept->store->name, kept_set_unread(kept));
        kept_set_drop(kept, "");
        leave_out(list, &i);
        kept_set_free(kept);
    }
}

bool kept_search_is_same(const struct object_source *state, const struct kept_set *kept)
{
    return memcmp(&kept->ledger->identity, &state->identity, sizeof(state->identity)) == 0;
}

int kept_search(const struct source *source, struct kept_sets *list, struct error *error)
{
    uint64_t layout = record_layout(source);
    int result = find_all(source, list, error);

    if (result == 0)
        result = check_use(list, error);
    if (result < 0)
        return result;
    see_cuts(list);
    drop_waste(source, list);
    for (uint32_t i = 0; i < list->count; i++) {
        struct kept_set *kept = list->sets[i];

        see_end(kept);
        kept->foreign = kept->ledger->layout != layout && !kept_search_is_same(source->state, kept);
    }
    return 0;
}
