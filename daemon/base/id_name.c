// SPDX-License-Identifier: Apache-2.0

/* The C library's lookups need a buffer of a size that nobody knows: that of a group holds all its
 * members' names. So it grows until it does, or until no honest entry is that long. */

#include "base/id_name.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum { BUFFER_FIRST = 4096, BUFFER_MOST = 4 * 1024 * 1024 };

/* One try with that buffer. 0 and the name in it or NULL, or an errno. */
typedef int (*ask_one)(uint32_t id, char *buffer, size_t size, const char **ret_name);

static int ask_user(uint32_t id, char *buffer, size_t size, const char **ret_name)
{
    struct passwd entry, *found = NULL;
    int error = getpwuid_r(id, &entry, buffer, size, &found);

    *ret_name = found ? found->pw_name : NULL;
    return error;
}

static int ask_group(uint32_t id, char *buffer, size_t size, const char **ret_name)
{
    struct group entry, *found = NULL;
    int error = getgrgid_r(id, &entry, buffer, size, &found);

    *ret_name = found ? found->gr_name : NULL;
    return error;
}

/* What the manual lists as spellings of "there is no such entry". */
static bool is_absence(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

static int find(ask_one ask, uint64_t id, char *name, uint32_t room)
{
    _cleanup_(cleanup_free) char *buffer = NULL;
    const char *found = NULL;
    int error = ERANGE;

    if (id >= UINT32_MAX) /* -1 is nobody's */
        return -ENOENT;
    for (size_t size = BUFFER_FIRST; error == ERANGE && size <= BUFFER_MOST; size *= 4) {
        free(buffer);
        buffer = malloc(size);
        if (!buffer)
            return -ENOMEM;
        error = ask((uint32_t)id, buffer, size, &found);
    }
    if (!found)
        return is_absence(error) ? -ENOENT : -error;
    if (!*found || strlen(found) > room)
        return -ENOENT;
    memcpy(name, found, strlen(found));
    return (int)strlen(found);
}

int id_name_user(uint64_t uid, char *name, uint32_t room)
{
    return find(ask_user, uid, name, room);
}

int id_name_group(uint64_t gid, char *name, uint32_t room)
{
    return find(ask_group, gid, name, room);
}

/* "name:x:id:..."; lines of another form (+ and - of NIS, an invalid id) are passed over. */
static bool read_line(char *line, uint64_t *ret_id)
{
    char *id = strchr(line, ':'), *behind;

    if (!id || id == line || *line == '+' || *line == '-')
        return false;
    *id = '\0';
    id = strchr(id + 1, ':');
    if (!id || id[1] < '0' || id[1] > '9')
        return false;
    *ret_id = strtoull(id + 1, &behind, 10);
    return *behind == ':' && *ret_id < UINT32_MAX;
}

void id_name_local(const char *path, bool (*visit)(void *data, uint64_t id, const char *name),
                   void *data)
{
    _cleanup_(cleanup_fclose) FILE *file = fopen(path, "re");
    _cleanup_(cleanup_free) char *line = NULL;
    size_t size = 0;
    uint64_t id;

    while (file && getline(&line, &size, file) > 0)
        if (read_line(line, &id) && !visit(data, id, line))
            return;
}

void id_name_processes(bool (*visit)(void *data, uint64_t uid, uint64_t gid), void *data)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    struct stat info;

    if (!processes)
        return;
    while ((entry = readdir(processes)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            fstatat(dirfd(processes), entry->d_name, &info, 0) == 0 &&
            !visit(data, info.st_uid, info.st_gid))
            break;
    closedir(processes);
}
