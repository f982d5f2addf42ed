// SPDX-License-Identifier: Apache-2.0

/* Checking and then loading by name leaves no gap that somebody else could use: only
 * root can write to the folders of the path, so only root could put another file there in between.
 * Symbolic links are refused because the folders of their targets would have to be checked, too. */

#include "plugin/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int check_place(const char *path, bool is_file, struct error *error)
{
    struct stat about;

    if (lstat(path, &about) < 0)
        return error_set(error, -errno, "%s: %s", path, strerror(errno));
    if (is_file && !S_ISREG(about.st_mode))
        return error_set(error, -EPERM, "%s is not a regular file", path);
    if (about.st_uid != 0)
        return error_set(error, -EPERM,
                         "%s belongs to user %u; a plug-in and all folders above it must belong to "
                         "root",
                         path, about.st_uid);
    if (about.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(error, -EPERM,
                         "%s is writable by its group or others; remove that with chmod go-w",
                         path);
    return 0;
}

static int check_link(const char *path, struct error *error)
{
    _cleanup_(cleanup_free) char *real = realpath(path, NULL);

    if (!real)
        return error_set(error, -errno, "%s: %s", path, strerror(errno));
    if (strcmp(real, path) != 0)
        return error_set(error, -EPERM, "the path contains a symbolic link or \"..\"; write %s",
                         real);
    return 0;
}

/* From the top down: what is wrong higher up makes all below worthless. */
static int check_folders(const char *path, struct error *error)
{
    char part[PATH_MAX];
    int result = check_place("/", false, error);

    for (const char *slash = strchr(path + 1, '/'); slash && result == 0;
         slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);

        memcpy(part, path, length);
        part[length] = '\0';
        result = check_place(part, false, error);
    }
    return result;
}

int trust_check(const char *path, struct error *error)
{
    int result;

    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return error_set(error, -EPERM, "write the absolute path of a plug-in");
    result = check_link(path, error);
    if (result == 0)
        result = check_folders(path, error);
    return result == 0 ? check_place(path, true, error) : result;
}
