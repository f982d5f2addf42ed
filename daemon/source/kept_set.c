// SPDX-License-Identifier: Apache-2.0

/* The ledger is kept first, and rings before any program is attached, so each record that was ever
 * written is in a set that the next process finds; links are kept last. */

#include "source/kept_set.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/attachment.h"
#include "source/keep.h"
#include "source/kept_store.h"
#include "source/object.h"

enum { DETACH_LIMIT_S = 3 }; /* shorter than the limit of a stop, see pipeline/stop.h */

const struct kept_store *const kept_stores[] = {&kept_store_fds, &kept_store_pins, NULL};

struct kept_set *kept_set_new(const struct kept_store *store, const char *folder,
                              const char *source, uint32_t id)
{
    _cleanup_(cleanup_kept_set_free) struct kept_set *kept = calloc(1, sizeof(*kept));

    if (!kept)
        return NULL;
    kept->store = store;
    kept->id = id;
    kept->folder = strdup(folder ? folder : "");
    kept->source = strdup(source);
    return kept->folder && kept->source ? TAKE_PTR(kept) : NULL;
}

void kept_set_free(struct kept_set *kept)
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

void kept_sets_deinit(struct kept_sets *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        kept_set_free(list->sets[i]);
    free(list->sets);
    *list = (struct kept_sets){0};
}

struct kept_set *kept_sets_get(struct kept_sets *list, const struct kept_store *store,
                               const char *folder, const char *source, uint32_t id)
{
    struct kept_set **sets;
    struct kept_set *kept;

    for (uint32_t i = 0; i < list->count; i++)
        if (list->sets[i]->id == id && strcmp(list->sets[i]->source, source) == 0)
            return list->sets[i];
    kept = kept_set_new(store, folder, source, id);
    sets = kept ? reallocarray(list->sets, list->count + 1, sizeof(struct kept_set *)) : NULL;
    if (!sets) {
        kept_set_free(kept);
        return NULL;
    }
    list->sets = sets;
    return list->sets[list->count++] = kept;
}

int kept_set_add(struct kept_set *kept, const char *name, int fd)
{
    bool full = kept->n_items == KEPT_ITEMS_MAX;
    struct kept_item *items;

    if (kept_set_fd(kept, name) >= 0) { /* a store may keep the same item in two places */
        close(fd);
        return 0;
    }
    items = full ? NULL : reallocarray(kept->items, kept->n_items + 1, sizeof(*items));
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

int kept_set_copy(struct kept_set *kept, const char *name, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return copy < 0 ? -errno : kept_set_add(kept, name, copy);
}

int kept_set_fd(const struct kept_set *kept, const char *name)
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

uint32_t kept_set_count(const struct kept_set *kept, const char *prefix)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < kept->n_items; i++)
        count += begins(&kept->items[i], prefix);
    return count;
}

void kept_set_inspect(struct kept_set *kept)
{
    int fd = kept_set_fd(kept, KEPT_LEDGER);

    if (fd >= 0 && !kept->ledger)
        kept->ledger = ledger_open(fd);
    kept->complete = kept->ledger && kept->ledger->n_items > 0 &&
                     kept->ledger->n_items + 1 == kept->n_items &&
                     kept_set_phase(kept) == LEDGER_RUNS;
}

enum ledger_phase kept_set_phase(const struct kept_set *kept)
{
    return kept->ledger ? (enum ledger_phase)atomic_load(&kept->ledger->phase) : LEDGER_RUNS;
}

const char *kept_set_release_command(const struct kept_set *kept, char text[KEPT_COMMAND_MAX])
{
    bool elsewhere = kept->store == &kept_store_pins && kept->folder &&
                     strcmp(kept->folder, KEEP_PIN_FOLDER) != 0;

    snprintf(text, KEPT_COMMAND_MAX, "ringmill release %s%s%s", kept->source,
             elsewhere ? " --pin-folder " : "", elsewhere ? kept->folder : "");
    return text;
}

void kept_set_enter_phase(struct kept_set *kept, enum ledger_phase phase)
{
    if (kept->ledger)
        atomic_store(&kept->ledger->phase, phase);
}

/* ---- with the store ------------------------------------------------------------------------- */

int kept_set_store(struct kept_set *kept, struct error *error)
{
    int result = kept->store->begin(kept, error);

    for (int turn = 0; turn < 2; turn++) /* first the ledger, then everything else */
        for (uint32_t i = 0; i < kept->n_items && result == 0; i++)
            if (begins(&kept->items[i], KEPT_LEDGER) == (turn == 0))
                result = kept->store->put(kept, &kept->items[i], error);
    return result;
}

int kept_set_store_rest(struct kept_set *kept, uint32_t first, struct error *error)
{
    int result = 0;

    for (uint32_t i = first; i < kept->n_items && result == 0; i++)
        result = kept->store->put(kept, &kept->items[i], error);
    return result < 0 ? result : kept->store->seal(kept, error);
}

void kept_set_complete(struct kept_set *kept)
{
    if (kept->ledger)
        atomic_store(&kept->ledger->n_items, kept->n_items - 1);
}

static bool goes(const struct kept_item *item, const char *prefix, bool ledger)
{
    return begins(item, prefix) && begins(item, KEPT_LEDGER) == ledger;
}

void kept_set_drop(struct kept_set *kept, const char *prefix)
{
    uint32_t left = 0;

    if (!*prefix)
        kept_set_enter_phase(kept, LEDGER_OVER);
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < kept->n_items; i++)
            if (goes(&kept->items[i], prefix, turn == 1))
                kept->store->drop(kept, &kept->items[i]);
    }
    kept->store->settle(kept);
    for (uint32_t i = 0; i < kept->n_items; i++) {
        if (begins(&kept->items[i], prefix))
            close(kept->items[i].fd);
        else
            kept->items[left++] = kept->items[i];
    }
    kept->n_items = left;
}

/* ---- its rings ------------------------------------------------------------------------------- */

/* Errors of a descriptor that cannot be a ring, and so is read by nobody. */
static bool is_no_ring(int code)
{
    return code == -EINVAL || code == -EOPNOTSUPP || code == -EBADMSG;
}

int kept_set_find_reader(const struct kept_set *kept, struct error *error)
{
    for (uint32_t i = 0; i < kept->n_items; i++) {
        struct ringmill_error reason;
        struct ringmill_ring *ring = NULL;
        int result;

        if (!begins(&kept->items[i], KEPT_RING))
            continue;
        result = ringmill_ring_open(kept->items[i].fd, NULL, &reason, &ring);
        ringmill_ring_free(ring);
        if (result == -EBUSY)
            return error_set(error, -EBUSY, "%s", reason.text);
        if (result < 0 && !is_no_ring(result))
            return error_set(error, result,
                             "cannot find out whether another process reads its rings: %s",
                             reason.text);
    }
    return 0;
}

/* The index of a ring among all rings of the set; readdir() returns items in any order. */
struct ring_bounds *kept_set_ring_bounds(const struct kept_set *kept, uint32_t stream,
                                         uint32_t shard)
{
    uint32_t index = shard, of;

    for (uint32_t i = 0; i < kept->n_items; i++)
        if (sscanf(kept->items[i].name, KEPT_RING "%" SCNu32 "-", &of) == 1 && of < stream)
            index++;
    return kept->ledger && index < LEDGER_RINGS_MAX ? &kept->ledger->rings[index] : NULL;
}

static uint64_t unread_of(const struct kept_set *kept, const struct kept_item *item,
                          const struct ringmill_ring *ring)
{
    uint64_t available = ringmill_ring_available(ring), left;
    uint32_t stream, shard;
    const struct ring_bounds *bounds;

    if (!kept->cut || sscanf(item->name, KEPT_RING "%" SCNu32 "-%" SCNu32, &stream, &shard) != 2)
        return available;
    bounds = kept_set_ring_bounds(kept, stream, shard);
    left = bounds ? atomic_load(&bounds->until) - ringmill_ring_committed(ring) : available;
    return left <= available ? left : 0; /* else it was read beyond the end that counts */
}

uint64_t kept_set_unread(const struct kept_set *kept)
{
    const struct ringmill_ring_options options = {.size = sizeof(options),
                                                  .flags = RINGMILL_RING_OBSERVE};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < kept->n_items; i++) {
        struct ringmill_ring *ring = NULL;
        int result;

        if (!begins(&kept->items[i], KEPT_RING))
            continue;
        result = ringmill_ring_open(kept->items[i].fd, &options, NULL, &ring);
        if (result == 0)
            bytes += unread_of(kept, &kept->items[i], ring);
        else if (!is_no_ring(result))
            bytes++; /* it may contain something */
        ringmill_ring_free(ring);
    }
    return bytes;
}

void kept_set_settle(struct kept_set *kept)
{
    uint64_t bytes = kept_set_unread(kept);
    char command[KEPT_COMMAND_MAX];

    if (bytes == 0) {
        kept_set_drop(kept, "");
        return;
    }
    log_about(LOG_LEVEL_WARNING, "source", kept->source,
              "%" PRIu64 " bytes in its rings were not delivered; they stay there (keep: %s), and "
              "the next start delivers them; to discard them: %s",
              bytes, kept->store->name, kept_set_release_command(kept, command));
}

/* ---- its programs ---------------------------------------------------------------------------- */

static uint32_t link_id(int fd)
{
    struct bpf_link_info info = {0};
    uint32_t size = sizeof(info);

    return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

/* Waits until a link is gone. The store closes it asynchronously: PID 1 later, a pin after a grace
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

void kept_set_detach(struct kept_set *kept, struct object *object)
{
    uint32_t *links = calloc(kept->n_items + 1, sizeof(*links));
    int64_t deadline = clock_monotonic() + DETACH_LIMIT_S * INT64_C(1000000000);
    uint32_t count = 0;

    for (uint32_t i = 0; links && i < kept->n_items; i++)
        if (begins(&kept->items[i], KEPT_LINK))
            links[count++] = link_id(kept->items[i].fd);
    kept_set_enter_phase(kept, LEDGER_ENDS);
    kept_set_drop(kept, KEPT_LINK);
    if (object)
        object_detach(object);
    for (uint32_t i = 0; i < count; i++)
        await_end(links[i], deadline);
    attachments_wait();
    free(links);
}
