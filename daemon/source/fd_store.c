// SPDX-License-Identifier: Apache-2.0

/* systemd's fd store: it passes the stored descriptors to the next process of the same service,
 * with the names given here. FDPOLL=0, because otherwise systemd would poll each descriptor, wake
 * for each record, and discard the maps that cannot be polled. Messages arrive in order; the
 * barrier confirms that all of them were read.
 *
 * systemd empties the store when the service is stopped, has failed for good, or is killed while it
 * stops; FileDescriptorStorePreserve=, since version 254, would change only the first two cases.
 * The content of the rings must survive that, so if there is a file system of type bpf, everything
 * except the links is pinned there as well, and only the links depend on the store. */

#include "source/kept_store.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/passed_fds.h"
#include "source/keep.h"

/* ringmill/SOURCE/ID/ITEM */
#define PREFIX "ringmill/"

enum {
    NAME_BYTES = 256,               /* the longest name that systemd allows */
    BARRIER_USEC = 5 * 1000 * 1000, /* systemd reads notifications even while it is busy */
};

static const char *name_of(const struct kept_set *kept, const char *item, char name[NAME_BYTES])
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
                     "keep: fdstore needs systemd, which did not start this process (NOTIFY_SOCKET "
                     "is not set); use keep: pin or keep: none");
}

/* ---- the pins besides ------------------------------------------------------------------------ */

unsigned fd_store_domain(void)
{
    struct stat run;

    return stat("/run", &run) < 0 ? 0 : (unsigned)run.st_dev;
}

/* A separate folder for each service, and for each /run, where the locks are that show who reads a
 * ring. NULL: this process is not a service. */
static const char *backup_folder(char path[PATH_MAX])
{
    _cleanup_(cleanup_free) char *unit = NULL;
    char *suffix;

    if (!getenv("NOTIFY_SOCKET") || sd_pid_get_unit(0, &unit) < 0)
        return NULL;
    suffix = strrchr(unit, '.');
    if (!suffix || strcmp(suffix, ".service") != 0)
        return NULL;
    for (char *dot = unit; (dot = strchr(dot, '.'));) /* bpf file systems allow no dots */
        *dot = '+';
    snprintf(path, PATH_MAX, KEEP_PIN_FOLDER "/%s-%x", unit, fd_store_domain());
    return path;
}

/* Describes the copy of the set that is kept as pins; it borrows from both arguments. False: there
 * is no such set. */
static bool backup_of(const struct kept_set *kept, char path[PATH_MAX], struct kept_set *ret)
{
    if (!backup_folder(path) || kept_store_pins.check(path, NULL) < 0)
        return false;
    *ret = *kept;
    ret->store = &kept_store_pins;
    ret->folder = path;
    return true;
}

static void warn_of(const struct kept_set *kept, const char *why)
{
    log_about(LOG_LEVEL_WARNING, "source", kept->source,
              "its rings are only in systemd's file descriptor store, which is emptied when the "
              "service stops or fails: %s",
              why);
}

static void put_backup(const struct kept_set *kept, const struct kept_item *item)
{
    char path[PATH_MAX];
    struct error error;
    struct kept_set backup;

    if (strncmp(item->name, KEPT_LINK, strlen(KEPT_LINK)) != 0 && backup_of(kept, path, &backup) &&
        kept_store_pins.put(&backup, item, &error) < 0)
        warn_of(kept, error_join(&error));
}

/* ---- keeping --------------------------------------------------------------------------------- */

static int begin(const struct kept_set *kept, struct error *error)
{
    char path[PATH_MAX];
    struct kept_set backup;
    int result = check(kept->folder, error);

    if (result < 0)
        return result;
    if (!backup_folder(path))
        return 0;
    if (!backup_of(kept, path, &backup))
        warn_of(kept, "they cannot be pinned, as /sys/fs/bpf is not a file system of type bpf");
    else if (kept_store_pins.begin(&backup, error) < 0)
        warn_of(kept, error_join(error));
    return 0;
}

static int put(const struct kept_set *kept, const struct kept_item *item, struct error *error)
{
    char name[NAME_BYTES], message[NAME_BYTES + 64];
    int result;

    snprintf(message, sizeof(message), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s",
             name_of(kept, item->name, name));
    put_backup(kept, item);
    result = sd_pid_notify_with_fds(0, 0, message, &item->fd, 1);
    return result < 0 ? error_set(error, result, "cannot store the descriptor %s: %s", name,
                                  strerror(-result))
                      : 0;
}

static int seal(const struct kept_set *kept, struct error *error)
{
    int result = sd_notify_barrier(0, BARRIER_USEC);

    (void)kept;
    return result < 0 ? error_set(error, result,
                                  "systemd did not confirm that it stored the descriptors: %s",
                                  strerror(-result))
                      : 0;
}

static void drop(const struct kept_set *kept, const struct kept_item *item)
{
    char name[NAME_BYTES], path[PATH_MAX];
    struct kept_set backup;

    sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name_of(kept, item->name, name));
    if (backup_of(kept, path, &backup))
        kept_store_pins.drop(&backup, item);
}

static void settle(const struct kept_set *kept)
{
    char path[PATH_MAX];
    struct kept_set backup;

    sd_notify_barrier(0, BARRIER_USEC);
    if (!backup_of(kept, path, &backup))
        return;
    kept_store_pins.settle(&backup);
    rmdir(path);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* The descriptors passed to this process when it started, until they are taken. */
static struct kept_sets passed;

/* Splits a name. False: another program chose it. */
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
        struct kept_set *kept;

        if (!parse(next, source, &id, item)) {
            i++;
            continue;
        }
        kept = kept_sets_get(&passed, &kept_store_fds, NULL, source, id);
        if (!kept)
            return -ENOMEM;
        snprintf(name, sizeof(name), "%s", next);
        if (kept_set_add(kept, item, passed_fds_take(name)) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int find(const char *folder, const char *source, struct kept_sets *list, struct error *error)
{
    char path[PATH_MAX];
    uint32_t left = 0;

    (void)folder;
    if (take_passed() < 0)
        return error_set(error, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < passed.count; i++) {
        struct kept_set *kept = passed.sets[i], **sets = NULL;

        if (!source || strcmp(kept->source, source) == 0)
            sets = reallocarray(list->sets, list->count + 1, sizeof(struct kept_set *));
        if (!sets) {
            passed.sets[left++] = kept;
            continue;
        }
        list->sets = sets;
        list->sets[list->count++] = kept;
    }
    passed.count = left;
    if (backup_folder(path) && kept_store_pins.find(path, source, list, error) < 0)
        return -EIO;
    for (uint32_t i = 0; i < list->count; i++)
        kept_set_inspect(list->sets[i]);
    return 0;
}

const struct kept_store kept_store_fds = {
    .name = "fdstore",
    .check = check,
    .find = find,
    .begin = begin,
    .put = put,
    .seal = seal,
    .drop = drop,
    .settle = settle,
};
