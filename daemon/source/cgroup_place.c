// SPDX-License-Identifier: Apache-2.0
#include "source/cgroup_place.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cgroup_tree.h"
#include "base/cleanup.h"
#include "base/container_path.h"
#include "base/container_state.h"

enum { CGROUP_ROOT_ID = 1 }; /* of the machine's own root; a cgroup namespace's has another one */

static const char *find_root(struct error *error)
{
    const char *root = cgroup_tree_root();

    if (!root)
        error_set(error, -ENOTSUP, "this machine has no cgroup tree of version 2");
    return root;
}

/* path: from root on, "/" or "/a/b". */
static int32_t level_of(const char *root, const char *path, size_t length)
{
    struct stat info;
    int32_t level = 0;

    if (stat(root, &info) < 0 || info.st_ino != CGROUP_ROOT_ID)
        return -1;
    for (size_t i = 0; i < length && length > 1; i++)
        level += path[i] == '/';
    return level;
}

/* ---- by path and id -------------------------------------------------------------------------- */

/* The absolute path of a folder in the tree, without links; NULL: there is none. The caller frees
 * it. */
static char *find_folder(const char *root, const char *text)
{
    char path[PATH_MAX];
    char *found;

    snprintf(path, sizeof(path), "%s/%s", root, text);
    found = realpath(path, NULL);
    return found ? found : realpath(text, NULL);
}

static int find_path(const char *root, const char *text, struct cgroup_place *ret,
                     struct error *error)
{
    _cleanup_(cleanup_free) char *folder = find_folder(root, text);
    size_t length = strlen(root);
    struct statfs system;
    struct stat info;

    if (!folder)
        return error_set(error, -ENOENT, "there is no cgroup %s below %s", text, root);
    if (statfs(folder, &system) < 0 || system.f_type != CGROUP2_SUPER_MAGIC ||
        stat(folder, &info) < 0 || !S_ISDIR(info.st_mode))
        return error_set(error, -EINVAL,
                         "%s is not a cgroup of version 2; these are the folders below %s", text,
                         root);
    ret->id = info.st_ino;
    ret->level = strncmp(folder, root, length) == 0
                     ? level_of(root, folder + length, strlen(folder + length))
                     : -1;
    return 0;
}

struct id_search {
    const char *root;
    struct cgroup_place *place;
    bool found;
};

static void compare_id(void *data, uint64_t id, const char *path, uint32_t length)
{
    struct id_search *search = data;

    if (id != search->place->id)
        return;
    search->found = true;
    search->place->level = level_of(search->root, path, length);
}

int cgroup_place_find(const char *text, struct cgroup_place *ret, struct error *error)
{
    const char *root = find_root(error);
    struct id_search search = {.root = root, .place = ret};

    if (!root)
        return -ENOTSUP;
    if (strspn(text, "0123456789") < strlen(text))
        return find_path(root, text, ret, error);
    ret->id = strtoull(text, NULL, 10);
    if (cgroup_tree_walk(root, compare_id, &search) < 0 || !search.found)
        return error_set(error, -ENOENT, "no cgroup below %s has the id %s", root, text);
    return 0;
}

/* ---- by container ---------------------------------------------------------------------------- */

struct container_search {
    const char *root;
    const char *text;
    struct cgroup_place *place;
    uint32_t count;                     /* of containers that match */
    char last[CONTAINER_ID_MAX + 1];    /* the container looked at last: a walk stays in its tree */
    char paths[2][CGROUP_PATH_MAX + 1]; /* of the first ones that match */
};

static bool is_hash(const char *id)
{
    return strlen(id) == CONTAINER_HASH && strspn(id, "0123456789abcdef") == CONTAINER_HASH;
}

static bool has_name(const struct container_path *path, const char *text)
{
    struct container_state state;

    container_state_read("", path, &state);
    return strcmp(state.name, text) == 0;
}

static bool is_of_container(const struct container_path *path, const char *text)
{
    if (strcmp(path->id, text) == 0)
        return true;
    if (is_hash(path->id) && strncmp(path->id, text, strlen(text)) == 0)
        return true;
    return has_name(path, text);
}

/* A walk goes to a cgroup before it goes to those below. */
static void compare_container(void *data, uint64_t id, const char *path, uint32_t length)
{
    struct container_search *search = data;
    struct container_path parts;

    container_path_read(path, length, &parts);
    if (!*parts.id || strcmp(parts.id, search->last) == 0)
        return;
    snprintf(search->last, sizeof(search->last), "%s", parts.id);
    if (!is_of_container(&parts, search->text))
        return;
    if (search->count < 2)
        snprintf(search->paths[search->count], sizeof(search->paths[0]), "%.*s", (int)length, path);
    if (search->count++ == 0)
        *search->place = (struct cgroup_place){id, level_of(search->root, path, length)};
}

int cgroup_place_of_container(const char *text, struct cgroup_place *ret, struct error *error)
{
    const char *root = find_root(error);
    struct container_search search = {.root = root, .text = text, .place = ret};

    if (!root)
        return -ENOTSUP;
    if (cgroup_tree_walk(root, compare_container, &search) < 0 || search.count == 0)
        return error_set(error, -ENOENT,
                         "no running container has the id or name %s; the ids are in the names of "
                         "the folders below %s",
                         text, root);
    if (search.count > 1)
        return error_set(error, -EINVAL,
                         "%u containers match %s, such as %s and %s; give more of the id",
                         search.count, text, search.paths[0], search.paths[1]);
    return 0;
}
