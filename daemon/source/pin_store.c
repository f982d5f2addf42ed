// SPDX-License-Identifier: Apache-2.0

/* Pins are files in a file system of type bpf, one folder for each set. That file system allows no
 * dots in names; names of sources may have dots, but no plus signs. */

#include "source/kept_store.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"

enum { FOLDER_MODE = 0700 };

static void close_folder(DIR *folder)
{
    if (folder)
        closedir(folder);
}
DEFINE_CLEANUP(DIR, close_folder);

static void swap_dots(char *name, char from, char to)
{
    for (; *name; name++)
        if (*name == from)
            *name = to;
}

/* FOLDER/SOURCE, and what the format adds. */
__attribute__((format(printf, 4, 5))) static const char *
place(char path[PATH_MAX], const char *folder, const char *source, const char *format, ...)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, source);
    va_list arguments;

    if (length >= PATH_MAX)
        length = PATH_MAX - 1;
    swap_dots(path + strlen(folder), '.', '+');
    va_start(arguments, format);
    vsnprintf(path + length, (size_t)(PATH_MAX - length), format, arguments);
    va_end(arguments);
    return path;
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Checks the folder itself, or the nearest existing one above it. */
static int check(const char *folder, struct error *error)
{
    char path[PATH_MAX];
    struct statfs system;
    char *slash;

    snprintf(path, sizeof(path), "%s", folder);
    while (statfs(path, &system) < 0) {
        slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || slash == path)
            return error_set(error, -errno, "cannot keep pins in %s: %s%s", folder, strerror(errno),
                             errno == EPERM ? "; that file system does not allow dots in names"
                                            : "");
        *slash = '\0';
    }
    if (system.f_type != BPF_FS_MAGIC)
        return error_set(error, -EINVAL,
                         "cannot keep pins in %s: %s is not on a file system of type bpf; use "
                         "/sys/fs/bpf, which is one after: mount -t bpf bpf /sys/fs/bpf",
                         folder, path);
    return 0;
}

/* Creates the folder and all folders above it. */
static int make_folder(char *path, struct error *error)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
            return error_set(error, -errno, "cannot create %s: %s", path, strerror(errno));
        if (!slash)
            return 0;
        *slash = '/';
    }
}

static int begin(const struct kept_set *kept, struct error *error)
{
    char path[PATH_MAX];

    place(path, kept->folder, kept->source, "/%u", kept->id);
    return make_folder(path, error);
}

static int put(const struct kept_set *kept, const struct kept_item *item, struct error *error)
{
    char path[PATH_MAX];

    place(path, kept->folder, kept->source, "/%u/%s", kept->id, item->name);
    if (bpf_obj_pin(item->fd, path) < 0)
        return error_set(error, -errno, "cannot pin %s: %s", path, strerror(errno));
    return 0;
}

static int seal(const struct kept_set *kept, struct error *error)
{
    (void)kept;
    (void)error;
    return 0;
}

/* ---- taking back ----------------------------------------------------------------------------- */

static void drop(const struct kept_set *kept, const struct kept_item *item)
{
    char path[PATH_MAX];

    place(path, kept->folder, kept->source, "/%u/%s", kept->id, item->name);
    if (unlink(path) < 0 && errno != ENOENT)
        log_about(LOG_LEVEL_WARNING, "source", kept->source, "cannot remove the pin %s: %s", path,
                  strerror(errno));
}

/* Removes the folders if they are empty. */
static void settle(const struct kept_set *kept)
{
    char path[PATH_MAX];

    rmdir(place(path, kept->folder, kept->source, "/%u", kept->id));
    rmdir(place(path, kept->folder, kept->source, "%s", ""));
}

/* ---- finding --------------------------------------------------------------------------------- */

static int find_items(struct kept_set *kept, const char *path)
{
    _cleanup_(cleanup_close_folder) DIR *folder = opendir(path);
    struct dirent *entry;
    int result = folder ? 0 : -errno;

    while (result == 0 && (entry = readdir(folder))) {
        char name[PATH_MAX];
        int fd;

        if (entry->d_type == DT_DIR || strlen(entry->d_name) >= KEPT_ITEM_NAME_MAX)
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        fd = bpf_obj_get(name);
        if (fd >= 0)
            result = kept_set_add(kept, entry->d_name, fd);
        else if (errno != ENOENT)
            result = -errno; /* a set that only seems incomplete would be ended */
    }
    return result;
}

static int find_set(const char *folder, const char *source, const char *name,
                    struct kept_sets *list)
{
    char path[PATH_MAX], *end;
    unsigned long id = strtoul(name, &end, 10);
    struct kept_set *kept;
    int result;

    if (end == name || *end)
        return 0;
    kept = kept_sets_get(list, &kept_store_pins, folder, source, (uint32_t)id);
    if (!kept)
        return -ENOMEM;
    result = find_items(kept, place(path, folder, source, "/%s", name));
    if (result == 0)
        kept_set_inspect(kept);
    return result;
}

static int find_of(const char *folder, const char *source, struct kept_sets *list)
{
    char path[PATH_MAX];
    _cleanup_(cleanup_close_folder) DIR *sets = opendir(place(path, folder, source, "%s", ""));
    struct dirent *entry;
    int result = sets || errno == ENOENT ? 0 : -errno;

    while (result == 0 && sets && (entry = readdir(sets)))
        result = find_set(folder, source, entry->d_name, list);
    return result;
}

static int find_all(const char *folder, struct kept_sets *list)
{
    _cleanup_(cleanup_close_folder) DIR *sources = opendir(folder);
    struct dirent *entry;
    int result = sources || errno == ENOENT ? 0 : -errno;

    while (result == 0 && sources && (entry = readdir(sources))) {
        char name[NAME_MAX + 1];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s", entry->d_name);
        swap_dots(name, '+', '.');
        result = find_of(folder, name, list);
    }
    return result;
}

static int find(const char *folder, const char *source, struct kept_sets *list, struct error *error)
{
    int result = source ? find_of(folder, source, list) : find_all(folder, list);

    return result < 0 ? error_set(error, result, "cannot read the pins in %s: %s", folder,
                                  strerror(-result))
                      : 0;
}

const struct kept_store kept_store_pins = {
    .name = "pin",
    .check = check,
    .find = find,
    .begin = begin,
    .put = put,
    .seal = seal,
    .drop = drop,
    .settle = settle,
};
