// SPDX-License-Identifier: Apache-2.0
#include "sink/file_ends.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the number of bytes read; -1: the file cannot be read. */
static ssize_t read_back(const struct file_place *place, off_t at, char *bytes, size_t size)
{
    struct stat stat;
    int fd = file_place_open(place, place->name, O_RDONLY | O_NONBLOCK, 0, &stat, NULL);
    ssize_t got;

    if (fd < 0)
        return -1;
    got = pread(fd, bytes, size, at);
    close(fd);
    return got;
}

bool file_ends_midway(const struct file_place *place, off_t size)
{
    char last = '\n';

    return read_back(place, size - 1, &last, 1) == 1 && last != '\n';
}

bool file_has_other_header(const struct file_place *place, const char *header)
{
    size_t size = strlen(header);
    char *found = malloc(size);
    ssize_t got = found ? read_back(place, 0, found, size) : -1;
    bool other = got >= 0 && ((size_t)got < size || memcmp(found, header, size) != 0);

    free(found);
    return other;
}
