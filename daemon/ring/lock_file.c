// SPDX-License-Identifier: Apache-2.0
/* Only the holder removes the file, while it holds the lock. A process that opened the file before
 * that may lock a file that no longer has a name, while another process creates and locks a new
 * file of that name. So a lock counts only if the name still leads to the locked file; else the new
 * file is tried. */
#include "ring/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool is_at(const char *path, int fd)
{
    struct stat locked, found;

    return fstat(fd, &locked) == 0 && stat(path, &found) == 0 && locked.st_dev == found.st_dev &&
           locked.st_ino == found.st_ino;
}

/* Another round is needed only if another holder has just ended. */
int lock_file_take(const char *path, int *ret_fd)
{
    for (;;) {
        _cleanup_(cleanup_close) int fd =
            open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        int result;

        if (fd < 0)
            return -errno;
        result = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
        if (result < 0 && result != -EWOULDBLOCK)
            return result;
        if (result == 0 && !is_at(path, fd))
            continue;
        *ret_fd = TAKE_FD(fd);
        return result;
    }
}

void lock_file_leave(const char *path, int fd)
{
    if (is_at(path, fd))
        unlink(path);
    close(fd);
}
