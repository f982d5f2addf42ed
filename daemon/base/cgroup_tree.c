// SPDX-License-Identifier: Apache-2.0

/* open_by_handle_at(2) would find one id without a walk, but takes CAP_DAC_READ_SEARCH, and the
 * thread that asks has no capabilities. A walk reads names and inode numbers from the directories
 * and looks at no file; one walk answers any number of questions. */

#include "base/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct tree_walk {
    void (*visit)(void *data, uint64_t id, const char *path, uint32_t length);
    void *data;
    uint32_t depth;
    uint32_t length; /* of path; 0: the root */
    char path[CGROUP_PATH_MAX];
};

const char *cgroup_tree_root(void)
{
    /* the second: version 1 with version 2 beside it */
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    struct statfs info;

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (statfs(places[i], &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
            return places[i];
    return NULL;
}

static void walk_directory(struct tree_walk *walk, DIR *directory);

static void walk_child(struct tree_walk *walk, DIR *parent, const struct dirent *entry)
{
    uint32_t before = walk->length;
    size_t name = strlen(entry->d_name);
    DIR *directory;
    int fd;

    if (walk->length + 1 + name > CGROUP_PATH_MAX || walk->depth == CGROUP_DEPTH_MAX)
        return;
    walk->path[walk->length] = '/';
    memcpy(walk->path + walk->length + 1, entry->d_name, name);
    walk->length += 1 + (uint32_t)name;
    walk->visit(walk->data, entry->d_ino, walk->path, walk->length);
    fd = openat(dirfd(parent), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory) {
        walk_directory(walk, directory);
        closedir(directory);
    } else if (fd >= 0) {
        close(fd);
    }
    walk->length = before;
}

static void walk_directory(struct tree_walk *walk, DIR *directory)
{
    struct dirent *entry;

    walk->depth++;
    while ((entry = readdir(directory)))
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0)
            walk_child(walk, directory, entry);
    walk->depth--;
}

int cgroup_tree_walk(const char *root,
                     void (*visit)(void *data, uint64_t id, const char *path, uint32_t length),
                     void *data)
{
    struct tree_walk walk = {.visit = visit, .data = data};
    DIR *directory = opendir(root);
    struct stat info;

    if (!directory)
        return -errno;
    if (fstat(dirfd(directory), &info) == 0)
        visit(data, info.st_ino, "/", 1);
    walk_directory(&walk, directory);
    closedir(directory);
    return 0;
}
