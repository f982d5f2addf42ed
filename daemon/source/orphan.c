// SPDX-License-Identifier: Apache-2.0

#include "source/orphan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "source/vault.h"

void orphans_add_folder(struct orphans *orphans, const char *folder)
{
    for (uint32_t i = 0; i < orphans->n_folders; i++)
        if (strcmp(orphans->folders[i], folder) == 0)
            return;
    if (orphans->n_folders < ORPHAN_FOLDERS_MAX)
        orphans->folders[orphans->n_folders++] = folder;
}

/* The same list as before may be given to it again: what is passed is found once. */
static int find(struct orphans *orphans, const char *name, struct kept_list *ret_pins,
                struct error *error)
{
    int result = vault_fdstore.find(NULL, NULL, &orphans->passed, error);

    for (uint32_t i = 0; i < orphans->n_folders && result == 0; i++)
        result = vault_pin.find(orphans->folders[i], name, ret_pins, error);
    return result;
}

/* Neither this process nor another one reads it. */
static bool is_orphan(const struct kept *kept)
{
    if (kept->ledger && ledger_is_own(kept->ledger))
        return false;
    return kept_in_use(kept, NULL) == 0;
}

static void tell(const struct kept *kept)
{
    if (is_orphan(kept))
        log_about(LOG_LEVEL_WARNING, "source", kept->source,
                  "was kept by %s and is in no config now: its %u links go on, and nobody reads "
                  "the %" PRIu64 " bytes in its rings; ringmill release %s ends it",
                  kept->vault->name, kept_count(kept, KEPT_LINK), kept_unread(kept), kept->source);
}

void orphans_tell(struct orphans *orphans)
{
    struct kept_list pins = {0};
    struct error error;

    if (find(orphans, NULL, &pins, &error) < 0)
        log_warning("%s", error.text);
    for (uint32_t i = 0; i < orphans->passed.count; i++)
        tell(orphans->passed.sets[i]);
    for (uint32_t i = 0; i < pins.count; i++)
        tell(pins.sets[i]);
    kept_list_deinit(&pins);
}

/* Those that are ended leave the list. */
static int end_some(struct kept_list *list, const char *name, int ended, struct error *error)
{
    uint32_t left = 0;
    int result = ended;

    for (uint32_t i = 0; i < list->count; i++) {
        struct kept *kept = list->sets[i];
        bool meant = !name || strcmp(kept->source, name) == 0;

        if (!meant || !is_orphan(kept)) {
            if (meant && name && kept_in_use(kept, error) < 0)
                result = -EBUSY;
            list->sets[left++] = kept;
            continue;
        }
        kept_drop(kept, "");
        log_about(LOG_LEVEL_INFO, "source", kept->source, "what was kept of it by %s is ended",
                  kept->vault->name);
        kept_free(kept);
        result = result < 0 ? result : result + 1;
    }
    list->count = left;
    return result;
}

int orphans_end(struct orphans *orphans, const char *name, struct error *error)
{
    struct kept_list pins = {0};
    int result = find(orphans, name, &pins, error);

    if (result == 0)
        result = end_some(&orphans->passed, name, 0, error);
    if (result >= 0)
        result = end_some(&pins, name, result, error);
    kept_list_deinit(&pins);
    return result;
}

void orphans_deinit(struct orphans *orphans)
{
    kept_list_deinit(&orphans->passed);
}
