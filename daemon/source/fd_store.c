// SPDX-License-Identifier: Apache-2.0

/* systemd's fd store: what it holds for us it passes to the next process of the same service, by
 * the names that are given here. FDPOLL=0, since it would otherwise wait on each descriptor, wake
 * for each record, and throw out the maps that cannot be waited on. Messages come in order; the
 * barrier says that all of them were read. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/passed_fds.h"
#include "source/vault.h"

/* ringmill/SOURCE/ID/ITEM */
#define PREFIX "ringmill/"

enum {
    NAME_BYTES = 256,               /* as long as systemd takes them */
    BARRIER_USEC = 5 * 1000 * 1000, /* it reads what it is told even while it is busy */
};

static const char *name_of(const struct kept *kept, const char *item, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, PREFIX "%s/%" PRIu32 "/%s", kept->source, kept->id, item);
    return name;
}

static int check(const char *folder, struct error *error)
{
    (void)folder;
    if (getenv("NOTIFY_SOCKET"))
        return 0;
    return error_set(error, -ENOTSUP,
                     "nobody is there to keep it: this was not started by systemd (there is no "
                     "NOTIFY_SOCKET); allowed besides are keep: pin and keep: none");
}

static int begin(const struct kept *kept, struct error *error)
{
    return check(kept->folder, error);
}

static int put(const struct kept *kept, const struct kept_item *item, struct error *error)
{
    char name[NAME_BYTES], message[NAME_BYTES + 64];
    int result;

    snprintf(message, sizeof(message), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s",
             name_of(kept, item->name, name));
    result = sd_pid_notify_with_fds(0, 0, message, &item->fd, 1);
    return result < 0 ? error_set(error, result, "cannot store %s: %s", name, strerror(-result))
                      : 0;
}

static int seal(const struct kept *kept, struct error *error)
{
    int result = sd_notify_barrier(0, BARRIER_USEC);

    (void)kept;
    return result < 0 ? error_set(error, result, "systemd does not say that it has stored it: %s",
                                  strerror(-result))
                      : 0;
}

static void drop(const struct kept *kept, const struct kept_item *item)
{
    char name[NAME_BYTES];

    sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name_of(kept, item->name, name));
}

static void settle(const struct kept *kept)
{
    (void)kept;
    sd_notify_barrier(0, BARRIER_USEC);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* What was passed to us when we were started. It is here until it is taken. */
static struct kept_list passed;

/* Takes a name apart. False: it is none of ours. */
static bool parse(const char *name, char source[NAME_BYTES], uint32_t *ret_id,
                  char item[KEPT_ITEM_NAME_MAX])
{
    int end = 0;

    return strlen(name) < NAME_BYTES &&
           sscanf(name, PREFIX "%255[^/]/%" SCNu32 "/%39[^/]%n", source, ret_id, item, &end) == 3 &&
           name[end] == '\0';
}

static int take_passed(void)
{
    char source[NAME_BYTES], item[KEPT_ITEM_NAME_MAX], name[NAME_BYTES];
    const char *next;
    uint32_t id;

    for (uint32_t i = 0; (next = passed_fds_name(i));) {
        struct kept *kept;

        if (!parse(next, source, &id, item)) {
            i++;
            continue;
        }
        kept = kept_list_at(&passed, &vault_fdstore, NULL, source, id);
        if (!kept)
            return -ENOMEM;
        snprintf(name, sizeof(name), "%s", next);
        if (kept_add(kept, item, passed_fds_take(name)) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int find(const char *folder, const char *source, struct kept_list *list, struct error *error)
{
    uint32_t left = 0;

    (void)folder;
    if (take_passed() < 0)
        return error_set(error, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < passed.count; i++) {
        struct kept *kept = passed.sets[i], **sets = NULL;

        if (!source || strcmp(kept->source, source) == 0)
            sets = reallocarray(list->sets, list->count + 1, sizeof(struct kept *));
        if (!sets) {
            passed.sets[left++] = kept;
            continue;
        }
        if (!kept->ledger)
            kept_check(kept);
        list->sets = sets;
        list->sets[list->count++] = kept;
    }
    passed.count = left;
    return 0;
}

const struct vault vault_fdstore = {
    .name = "fdstore",
    .check = check,
    .find = find,
    .begin = begin,
    .put = put,
    .seal = seal,
    .drop = drop,
    .settle = settle,
};
