// SPDX-License-Identifier: Apache-2.0

/* A path is walked part by part, each by a descriptor of its own. So what is checked is what is
 * used: a stranger who exchanges a link between the two changes nothing. */

#include "base/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { LINKS_MAX = 40 }; /* as the kernel's */

/* ---- whose it is ----------------------------------------------------------------------------- */

static bool is_ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool others_write(const struct stat *folder)
{
    return !is_ours(folder->st_uid) || folder->st_mode & (S_IWGRP | S_IWOTH);
}

static bool may_follow(const struct stat *folder, const struct stat *link)
{
    return is_ours(link->st_uid) || !others_write(folder);
}

static bool is_owner_right(const struct stat *folder, const struct stat *file)
{
    return is_ours(file->st_uid) || file->st_uid == folder->st_uid;
}

static bool may_open(const struct stat *folder, const struct stat *file)
{
    if (!others_write(folder))
        return true;
    return is_owner_right(folder, file) && (file->st_nlink <= 1 || !S_ISREG(file->st_mode));
}

static int refuse_link(const char *name, const struct stat *link, struct error *error)
{
    return error_set(error, -EPERM,
                     "the symbolic link %s belongs to uid %u, in a folder that others can write "
                     "to; remove it, or use the path of its target",
                     name, link->st_uid);
}

static int refuse_file(const char *name, const struct stat *folder, const struct stat *file,
                       struct error *error)
{
    if (is_owner_right(folder, file))
        return error_set(error, -EPERM,
                         "%s has %lu names (hard links), in a folder that others can write to; "
                         "remove it, or use a folder of your own",
                         name, (unsigned long)file->st_nlink);
    return error_set(
        error, -EPERM,
        "%s belongs to uid %u, in a folder that others can write to; remove it, or use "
        "a folder of your own",
        name, file->st_uid);
}

/* ---- the walk -------------------------------------------------------------------------------- */

struct path_walk {
    int folder;          /* owned: as far as it got */
    char rest[PATH_MAX]; /* what is left of the path */
    char name[NAME_MAX + 1];
    bool last; /* nothing follows name */
    bool magic;
    int links;
    struct error *error;
};

/* Takes the next part off rest. 1; 0: there is none; -ENAMETOOLONG. */
static int next_part(struct path_walk *walk)
{
    char *begin = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(begin, "/");

    if (length == 0)
        return 0;
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(walk->name, begin, length);
    walk->name[length] = '\0';
    walk->last = begin[length] == '\0';
    memmove(walk->rest, begin + length, strlen(begin + length) + 1);
    return 1;
}

/* The target is before what is left. */
static int put_target(struct path_walk *walk, const char *target)
{
    char rest[PATH_MAX];

    if (snprintf(rest, sizeof(rest), "%s%s", target, walk->rest) >= (int)sizeof(rest))
        return -ENAMETOOLONG;
    memcpy(walk->rest, rest, sizeof(rest));
    if (target[0] != '/')
        return 0;
    close(walk->folder);
    walk->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return walk->folder < 0 ? -errno : 0;
}

/* Returns 1: it is the place, whose link the kernel must follow; 0: go on; -errno. */
static int follow_magic(struct path_walk *walk)
{
    int next;

    if (walk->last) {
        walk->magic = true;
        return 1;
    }
    next = openat(walk->folder, walk->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (next < 0)
        return -errno;
    close(walk->folder);
    walk->folder = next;
    return 0;
}

static int follow(struct path_walk *walk, int link, const struct stat *stat_of)
{
    struct stat folder;
    struct statfs fs;
    char target[PATH_MAX];
    ssize_t length;

    if (fstat(walk->folder, &folder) < 0 || fstatfs(walk->folder, &fs) < 0)
        return -errno;
    if (fs.f_type == PROC_SUPER_MAGIC)
        return follow_magic(walk);
    if (!may_follow(&folder, stat_of))
        return refuse_link(walk->name, stat_of, walk->error);
    if (walk->links++ == LINKS_MAX)
        return -ELOOP;
    length = readlinkat(link, "", target, sizeof(target) - 1);
    if (length < 0)
        return -errno;
    target[length] = '\0';
    return put_target(walk, target);
}

/* As a folder first, so that what is mounted there on demand is mounted. */
static int open_part(const struct path_walk *walk)
{
    int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, fd = -1;

    if (!walk->last)
        fd = openat(walk->folder, walk->name, flags | O_DIRECTORY);
    if (fd < 0 && (walk->last || errno == ENOTDIR || errno == ELOOP))
        fd = openat(walk->folder, walk->name, flags);
    return fd < 0 ? -errno : fd;
}

/* Returns 1: it is the place; 0: go on; -errno. */
static int step(struct path_walk *walk)
{
    _cleanup_(cleanup_close) int part = open_part(walk);
    struct stat stat_of;

    if (part == -ENOENT && walk->last)
        return 1;
    if (part < 0)
        return part;
    if (fstat(part, &stat_of) < 0)
        return -errno;
    if (S_ISLNK(stat_of.st_mode))
        return follow(walk, part, &stat_of);
    if (walk->last)
        return S_ISDIR(stat_of.st_mode) ? -EISDIR : 1;
    if (!S_ISDIR(stat_of.st_mode))
        return -ENOTDIR;
    close(walk->folder);
    walk->folder = TAKE_FD(part);
    return 0;
}

/* 0: walk->folder and walk->name are the place. Else the folder is the last one that is there. */
static int walk_path(struct path_walk *walk, const char *path)
{
    int result = 0;

    if (snprintf(walk->rest, sizeof(walk->rest), "%s", path) >= (int)sizeof(walk->rest))
        return -ENAMETOOLONG;
    walk->folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (walk->folder < 0)
        return -errno;
    while (result == 0 && (result = next_part(walk)) > 0)
        result = step(walk);
    if (result == 0)
        return -EISDIR; /* of "/" there is no part */
    return result < 0 ? result : 0;
}

/* Names the folder that has to be made, unless only the target of a link is missing. */
static void explain_folder(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 0, path);
    if (folder[0] && access(folder, F_OK) < 0 && errno == ENOENT)
        error_set(error, -ENOENT, "the folder %s does not exist; create it: mkdir -p %s", folder,
                  folder);
}

int file_place_find(const char *path, struct file_place *ret, struct error *error)
{
    struct path_walk walk = {.folder = -1, .error = error};
    int result;

    error_set(error, 0, "%s", "");
    result = walk_path(&walk, path);
    if (result < 0) {
        if (walk.folder >= 0)
            close(walk.folder);
        if (result == -ENOENT)
            explain_folder(path, error);
        return result;
    }
    *ret = (struct file_place){.folder = walk.folder, .magic = walk.magic};
    memcpy(ret->name, walk.name, sizeof(ret->name));
    return 0;
}

void file_place_release(struct file_place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    place->folder = -1;
}

/* ---- files there ----------------------------------------------------------------------------- */

/* The kernel may have refused for the same reason, and says less. */
static int explain(const struct file_place *place, const char *name, const struct stat *folder,
                   int code, struct error *error)
{
    struct stat file;

    if (code == -EACCES && fstatat(place->folder, name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
        !may_open(folder, &file))
        refuse_file(name, folder, &file, error);
    return code;
}

int file_place_open(const struct file_place *place, const char *name, int flags, mode_t mode,
                    struct stat *ret_stat, struct error *error)
{
    int follow = place->magic ? 0 : O_NOFOLLOW;
    _cleanup_(cleanup_close) int fd = -1;
    struct stat folder;

    error_set(error, 0, "%s", "");
    if (fstat(place->folder, &folder) < 0)
        return -errno;
    fd = openat(place->folder, name, flags | O_CLOEXEC | O_NOCTTY | follow, mode);
    if (fd < 0)
        return explain(place, name, &folder, -errno, error);
    if (fstat(fd, ret_stat) < 0)
        return -errno;
    if (!place->magic && !may_open(&folder, ret_stat))
        return refuse_file(name, &folder, ret_stat, error);
    return TAKE_FD(fd);
}

bool file_place_holds(const struct file_place *place, const char *name)
{
    struct stat folder, file;

    return fstat(place->folder, &folder) == 0 &&
           fstatat(place->folder, name, &file, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(file.st_mode) &&
           may_open(&folder, &file);
}

int file_place_sync(const struct file_place *place)
{
    _cleanup_(cleanup_close) int fd =
        openat(place->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* ---- two paths ------------------------------------------------------------------------------- */

/* Folds "." and ".." of what is not there yet, into name/name/name. */
static void fold(const char *rest, char *out)
{
    size_t used = 0;

    for (const char *at = rest; *at;) {
        size_t length = strcspn(at, "/");

        if (length == 2 && memcmp(at, "..", 2) == 0) {
            while (used > 0 && out[--used] != '/')
                ;
        } else if (length > 0 && !(length == 1 && *at == '.')) {
            out[used++] = '/';
            memcpy(out + used, at, length);
            used += length;
        }
        at += length + (at[length] == '/');
    }
    out[used] = '\0';
}

/* The folder that is there and what comes after it; false when it cannot be looked at. */
static bool find_as_far(const char *path, struct stat *ret_folder, char *ret_rest)
{
    struct path_walk walk = {.folder = -1};
    char rest[PATH_MAX + NAME_MAX + 2];
    int result = walk_path(&walk, path);
    bool known = (result == 0 || result == -ENOENT) && fstat(walk.folder, ret_folder) == 0;

    if (walk.folder >= 0)
        close(walk.folder);
    if (!known)
        return false;
    snprintf(rest, sizeof(rest), "%s%s", walk.name, result == 0 ? "" : walk.rest);
    fold(rest, ret_rest);
    return true;
}

static bool same_inode(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool file_place_same(const char *path, const char *other)
{
    char rest[PATH_MAX + NAME_MAX + 2], other_rest[PATH_MAX + NAME_MAX + 2];
    struct stat stat_of, other_stat;

    if (stat(path, &stat_of) == 0 && stat(other, &other_stat) == 0)
        return same_inode(&stat_of, &other_stat) &&
               (S_ISREG(stat_of.st_mode) || S_ISFIFO(stat_of.st_mode));
    if (find_as_far(path, &stat_of, rest) && find_as_far(other, &other_stat, other_rest))
        return same_inode(&stat_of, &other_stat) && strcmp(rest, other_rest) == 0;
    fold(path, rest);
    fold(other, other_rest);
    return strcmp(rest, other_rest) == 0;
}

bool file_place_neighbours(const char *path, const char *other, char ret_name[NAME_MAX + 1],
                           char ret_other[NAME_MAX + 1])
{
    char rest[PATH_MAX + NAME_MAX + 2], other_rest[PATH_MAX + NAME_MAX + 2];
    const char *name, *other_name;
    struct stat folder, other_folder;

    if (!find_as_far(path, &folder, rest) || !find_as_far(other, &other_folder, other_rest) ||
        !same_inode(&folder, &other_folder))
        return false;
    name = strrchr(rest, '/');
    other_name = strrchr(other_rest, '/');
    if (!name || !other_name || name - rest != other_name - other_rest ||
        memcmp(rest, other_rest, (size_t)(name - rest)) != 0)
        return false;
    snprintf(ret_name, NAME_MAX + 1, "%s", name + 1);
    snprintf(ret_other, NAME_MAX + 1, "%s", other_name + 1);
    return true;
}
