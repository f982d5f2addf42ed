// SPDX-License-Identifier: Apache-2.0
#include "base/mirror.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

static int map_twice(char *area, size_t size, int fd)
{
    for (int i = 0; i < 2; i++)
        if (mmap(area + (size_t)i * size, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                 0) == MAP_FAILED)
            return -errno;
    return 0;
}

int mirror_init(struct mirror *mirror, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    _cleanup_(cleanup_close) int fd = memfd_create("ringmill-mirror", MFD_CLOEXEC);
    void *area;
    int result;

    *mirror = (struct mirror){0};
    size = (size + page - 1) / page * page;
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return -errno;
    area = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return -errno;
    *mirror = (struct mirror){.bytes = area, .size = size};
    result = map_twice(area, size, fd);
    if (result < 0)
        mirror_deinit(mirror);
    return result;
}

void mirror_deinit(struct mirror *mirror)
{
    if (mirror->bytes)
        munmap(mirror->bytes, 2 * mirror->size);
    *mirror = (struct mirror){0};
}
