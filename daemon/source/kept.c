// SPDX-License-Identifier: Apache-2.0

/* Maps go before links: whoever finds a link without its ring could only let it write into
 * nowhere. The ledger goes last and says how many there are, so a set that lacks anything is known
 * for what it is. */

#include "source/kept.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/vault.h"

const struct vault *const vaults[] = {&vault_fdstore, &vault_pin, NULL};

struct kept *kept_new(const struct vault *vault, const char *folder, const char *source,
                      uint32_t id)
{
    _cleanup_(cleanup_kept_free) struct kept *kept = calloc(1, sizeof(*kept));

    if (!kept)
        return NULL;
    kept->vault = vault;
    kept->id = id;
    kept->folder = strdup(folder ? folder : "");
    kept->source = strdup(source);
    return kept->folder && kept->source ? TAKE_PTR(kept) : NULL;
}

void kept_free(struct kept *kept)
{
    if (!kept)
        return;
    for (uint32_t i = 0; i < kept->n_items; i++)
        close(kept->items[i].fd);
    ledger_close(kept->ledger);
    free(kept->items);
    free(kept->folder);
    free(kept->source);
    free(kept);
}

void kept_list_deinit(struct kept_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        kept_free(list->sets[i]);
    free(list->sets);
    *list = (struct kept_list){0};
}

struct kept *kept_list_at(struct kept_list *list, const struct vault *vault, const char *folder,
                          const char *source, uint32_t id)
{
    struct kept **sets;
    struct kept *kept;

    for (uint32_t i = 0; i < list->count; i++)
        if (list->sets[i]->id == id && strcmp(list->sets[i]->source, source) == 0)
            return list->sets[i];
    kept = kept_new(vault, folder, source, id);
    sets = kept ? reallocarray(list->sets, list->count + 1, sizeof(struct kept *)) : NULL;
    if (!sets) {
        kept_free(kept);
        return NULL;
    }
    list->sets = sets;
    return list->sets[list->count++] = kept;
}

int kept_add(struct kept *kept, const char *name, int fd)
{
    bool full = kept->n_items == KEPT_ITEMS_MAX;
    struct kept_item *items =
        full ? NULL : reallocarray(kept->items, kept->n_items + 1, sizeof(*items));

    if (!items) {
        close(fd);
        return full ? -E2BIG : -ENOMEM;
    }
    kept->items = items;
    items[kept->n_items].fd = fd;
    snprintf(items[kept->n_items].name, KEPT_ITEM_NAME_MAX, "%s", name);
    kept->n_items++;
    return 0;
}

int kept_copy(struct kept *kept, const char *name, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return copy < 0 ? -errno : kept_add(kept, name, copy);
}

int kept_fd(const struct kept *kept, const char *name)
{
    for (uint32_t i = 0; i < kept->n_items; i++)
        if (strcmp(kept->items[i].name, name) == 0)
            return kept->items[i].fd;
    return -1;
}

static bool begins(const struct kept_item *item, const char *prefix)
{
    return strncmp(item->name, prefix, strlen(prefix)) == 0;
}

uint32_t kept_count(const struct kept *kept, const char *prefix)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < kept->n_items; i++)
        count += begins(&kept->items[i], prefix);
    return count;
}

void kept_check(struct kept *kept)
{
    int fd = kept_fd(kept, KEPT_LEDGER);

    if (fd >= 0 && !kept->ledger)
        kept->ledger = ledger_open(fd);
    kept->complete = kept->ledger && kept->ledger->n_items + 1 == kept->n_items;
}

/* ---- with the vault ------------------------------------------------------------------------- */

static int put_all(struct kept *kept, struct error *error)
{
    int result = kept->vault->begin(kept, error);

    for (int turn = 0; turn < 3; turn++) /* maps, links, the ledger */
        for (uint32_t i = 0; i < kept->n_items && result == 0; i++) {
            const struct kept_item *item = &kept->items[i];
            int own = begins(item, KEPT_LEDGER) ? 2 : begins(item, KEPT_LINK) ? 1 : 0;

            if (own == turn)
                result = kept->vault->put(kept, item, error);
        }
    return result < 0 ? result : kept->vault->seal(kept, error);
}

int kept_put(struct kept *kept, struct error *error)
{
    int result = put_all(kept, error);

    if (result < 0)
        kept_drop(kept, "");
    return result;
}

void kept_drop(struct kept *kept, const char *prefix)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < kept->n_items; i++)
        if (begins(&kept->items[i], prefix))
            kept->vault->drop(kept, &kept->items[i]);
    kept->vault->settle(kept);
    for (uint32_t i = 0; i < kept->n_items; i++) {
        if (begins(&kept->items[i], prefix))
            close(kept->items[i].fd);
        else
            kept->items[left++] = kept->items[i];
    }
    kept->n_items = left;
}

/* ---- its rings ------------------------------------------------------------------------------- */

int kept_in_use(const struct kept *kept, struct error *error)
{
    for (uint32_t i = 0; i < kept->n_items; i++) {
        struct ringmill_error reason;
        struct ringmill_ring *ring = NULL;

        if (!begins(&kept->items[i], "ring-"))
            continue;
        if (ringmill_ring_open(kept->items[i].fd, NULL, &reason, &ring) == -EBUSY)
            return error_set(error, -EBUSY, "%s", reason.text);
        ringmill_ring_free(ring);
    }
    return 0;
}

uint64_t kept_unread(const struct kept *kept)
{
    const struct ringmill_ring_options options = {.size = sizeof(options),
                                                  .flags = RINGMILL_RING_OBSERVE};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < kept->n_items; i++) {
        struct ringmill_ring *ring = NULL;

        if (begins(&kept->items[i], "ring-") &&
            ringmill_ring_open(kept->items[i].fd, &options, NULL, &ring) == 0)
            bytes += ringmill_ring_available(ring);
        ringmill_ring_free(ring);
    }
    return bytes;
}
