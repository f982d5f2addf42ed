// SPDX-License-Identifier: Apache-2.0
#include "base/process_maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char deleted[] = " (deleted)";

/* All of it, or its beginning, and a NUL. */
static int read_text(int fd, char **ret)
{
    size_t room = 1 << 16, used = 0;
    _cleanup_(cleanup_free) char *text = malloc(room);
    ssize_t got = 1;

    while (text && got > 0) {
        if (used + 1 == room) {
            char *more = room < PROCESS_MAPS_BYTES_MAX ? realloc(text, 2 * room) : NULL;

            if (!more && room < PROCESS_MAPS_BYTES_MAX)
                return -ENOMEM;
            if (!more)
                break;
            text = more;
            room *= 2;
        }
        got = read(fd, text + used, room - used - 1);
        if (got < 0 && errno != EINTR)
            return -errno;
        used += got > 0 ? (size_t)got : 0;
        got = got < 0 ? 1 : got;
    }
    if (!text)
        return -ENOMEM;
    text[used] = '\0';
    *ret = TAKE_PTR(text);
    return 0;
}

/* "start-end r-xp offset major:minor inode   path" */
static bool parse_line(char *line, struct process_mapping *ret)
{
    size_t length = strlen(line), tail = sizeof(deleted) - 1;
    char rights[5];
    int path = 0;

    *ret = (struct process_mapping){0};
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n", &ret->start,
               &ret->end, rights, &ret->offset, &ret->inode, &path) != 5 ||
        path == 0 || line[path] != '/' || rights[2] != 'x' || ret->inode == 0)
        return false;
    ret->is_deleted = length > tail && strcmp(line + length - tail, deleted) == 0;
    if (ret->is_deleted)
        line[length - tail] = '\0';
    ret->path = line + path;
    return true;
}

int process_maps_read(int fd, struct process_maps *ret)
{
    struct process_maps maps = {0};
    int r = read_text(fd, &maps.text);
    char *rest = maps.text, *line;

    if (r < 0)
        return r;
    maps.any = *maps.text != '\0';
    maps.mappings = calloc(PROCESS_MAPS_MAX, sizeof(*maps.mappings));
    if (!maps.mappings) {
        process_maps_deinit(&maps);
        return -ENOMEM;
    }
    while (maps.n_mappings < PROCESS_MAPS_MAX && (line = strsep(&rest, "\n")))
        if (parse_line(line, &maps.mappings[maps.n_mappings]))
            maps.n_mappings++;
    *ret = maps;
    return 0;
}

void process_maps_deinit(struct process_maps *maps)
{
    free(maps->text);
    free(maps->mappings);
    *maps = (struct process_maps){0};
}

struct process_mapping *process_maps_find(const struct process_maps *maps, uint64_t address)
{
    uint32_t from = 0, to = maps->n_mappings;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        struct process_mapping *mapping = &maps->mappings[middle];

        if (address < mapping->start)
            to = middle;
        else if (address >= mapping->end)
            from = middle + 1;
        else
            return mapping;
    }
    return NULL;
}
