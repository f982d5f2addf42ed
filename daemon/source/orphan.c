// SPDX-License-Identifier: Apache-2.0

#include "source/orphan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "source/kept_store.h"

void orphans_add_folder(struct orphans *orphans, const char *folder)
{
    for (uint32_t i = 0; i < orphans->n_folders; i++)
        if (strcmp(orphans->folders[i], folder) == 0)
            return;
    if (orphans->n_folders < ORPHAN_FOLDERS_MAX)
        orphans->folders[orphans->n_folders++] = folder;
}

/* The list may be passed again: what was passed to the process is found only once. */
static int find(struct orphans *orphans, const char *name, struct kept_sets *ret_pins,
                struct error *error)
{
    int result = kept_store_fds.find(NULL, NULL, &orphans->passed, error);

    for (uint32_t i = 0; i < orphans->n_folders && result == 0; i++)
        result = kept_store_pins.find(orphans->folders[i], name, ret_pins, error);
    return result;
}

/* Pins are searched each time; they may belong to a running source. */
static void forget_pins(struct kept_sets *list)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        if (list->sets[i]->store == &kept_store_pins)
            kept_set_free(list->sets[i]);
        else
            list->sets[left++] = list->sets[i];
    }
    list->count = left;
}

/* 0: no process reads the set. -EBUSY and a sentence: one does; this process reads it while the
 * phase is LEDGER_RUNS. Another -errno and a sentence: unknown. */
static int find_reader(const struct kept_set *kept, struct error *error)
{
    if (kept->ledger && ledger_is_own(kept->ledger) && kept_set_phase(kept) == LEDGER_RUNS)
        return error_set(error, -EBUSY, "source %s is in use by this process", kept->source);
    return kept_set_find_reader(kept, error);
}

static void tell(const struct kept_set *kept)
{
    char command[KEPT_COMMAND_MAX];
    struct error error;
    int result = find_reader(kept, &error);

    if (result == 0)
        log_about(LOG_LEVEL_WARNING, "source", kept->source,
                  "its kept programs (keep: %s) are used by no source of this config: their %u "
                  "links stay attached, and nobody reads the %" PRIu64
                  " bytes in their rings; to end them: %s",
                  kept->store->name, kept_set_count(kept, KEPT_LINK), kept_set_unread(kept),
                  kept_set_release_command(kept, command));
    else if (result != -EBUSY)
        log_about(LOG_LEVEL_WARNING, "source", kept->source, "kept set (keep: %s): %s",
                  kept->store->name, error_join(&error));
}

void orphans_tell(struct orphans *orphans)
{
    struct kept_sets pins = {0};
    struct error error;

    if (find(orphans, NULL, &pins, &error) < 0)
        log_warning("%s", error_join(&error));
    for (uint32_t i = 0; i < orphans->passed.count; i++)
        tell(orphans->passed.sets[i]);
    for (uint32_t i = 0; i < pins.count; i++)
        tell(pins.sets[i]);
    forget_pins(&orphans->passed);
    kept_sets_deinit(&pins);
}

/* 1: the set was removed; 0: it has another name, or is in use and was not named; -errno and a
 * sentence. */
static int end_one(struct kept_set *kept, const char *name, struct error *error)
{
    struct error own;
    int result;

    if (name && strcmp(kept->source, name) != 0)
        return 0;
    result = find_reader(kept, &own);
    if (result == -EBUSY && !name)
        return 0;
    if (result < 0)
        return error_set(error, result, "%s", error_join(&own));
    kept_set_drop(kept, "");
    log_about(LOG_LEVEL_INFO, "source", kept->source, "its kept set (keep: %s) was removed",
              kept->store->name);
    return 1;
}

/* Removes sets, and takes them off the list. */
static int end_some(struct kept_sets *list, const char *name, int ended, struct error *error)
{
    uint32_t left = 0;
    int result = ended;

    for (uint32_t i = 0; i < list->count; i++) {
        int one = end_one(list->sets[i], name, error);

        if (one == 1)
            kept_set_free(list->sets[i]);
        else
            list->sets[left++] = list->sets[i];
        result = one < 0 ? one : result < 0 ? result : result + one;
    }
    list->count = left;
    return result;
}

int orphans_end(struct orphans *orphans, const char *name, struct error *error)
{
    struct kept_sets pins = {0};
    int result = find(orphans, name, &pins, error);

    if (result == 0)
        result = end_some(&orphans->passed, name, 0, error);
    if (result >= 0)
        result = end_some(&pins, name, result, error);
    forget_pins(&orphans->passed);
    kept_sets_deinit(&pins);
    return result;
}

void orphans_deinit(struct orphans *orphans)
{
    kept_sets_deinit(&orphans->passed);
}
