// SPDX-License-Identifier: Apache-2.0
/* The consumer lock. The kernel lets any number of processes map consumer_pos writable, and two of
 * them lose records of each other silently, so the lock is ours.
 *
 * It cannot be a flock on the map's own fd: all maps share one anonymous inode. So it is a file
 * named after the map id. The file is never unlinked: between an unlink and the next open two
 * processes could hold locks on two files of the same name. A dead holder's lock is gone with its
 * fd; its pid stays in the file and means nothing then. Nobody else may open the file, not even for
 * reading: that would be enough to lock it. */
#include "ring/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/reason.h"

enum { PID_TEXT_MAX = 16, COMM_MAX = 32 };

static long read_pid(int fd)
{
    char text[PID_TEXT_MAX] = "";

    if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
        return 0;
    return strtol(text, NULL, 10);
}

static void read_comm(long pid, char *ret_comm)
{
    char path[64];
    _cleanup_(cleanup_fclose) FILE *file = NULL;

    snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
    file = fopen(path, "re");
    if (!file || !fgets(ret_comm, COMM_MAX, file))
        snprintf(ret_comm, COMM_MAX, "?");
    ret_comm[strcspn(ret_comm, "\n")] = '\0';
}

static int refuse_busy(int fd, uint32_t map_id, struct ringmill_error *reason)
{
    long pid = read_pid(fd);
    char comm[COMM_MAX];

    if (pid <= 0)
        return reason_set(reason, -EBUSY, "ring %u has a consumer already", map_id);
    read_comm(pid, comm);
    return reason_set(reason, -EBUSY,
                      "ring %u has a consumer already: process %ld (%s); stop it, or observe the "
                      "ring instead",
                      map_id, pid, comm);
}

static void write_pid(int fd)
{
    char text[PID_TEXT_MAX];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    /* Only a hint for messages: a full disk must not stop a consumer. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) != length)
        return;
}

int lock_take(const char *folder, uint32_t map_id, struct ringmill_error *reason, int *ret_fd)
{
    _cleanup_(cleanup_close) int fd = -1;
    char path[PATH_MAX];

    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return reason_set(reason, -errno,
                          "cannot make the lock folder %s: %m; name another one, or open the ring "
                          "without a lock",
                          folder);
    if (snprintf(path, sizeof(path), "%s/ring-%u.lock", folder, map_id) >= (int)sizeof(path))
        return reason_set(reason, -ENAMETOOLONG, "the lock folder's path is too long: %s", folder);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return reason_set(reason, -errno, "cannot open the lock file %s: %m", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            return refuse_busy(fd, map_id, reason);
        return reason_set(reason, -errno, "cannot lock %s: %m", path);
    }
    write_pid(fd);
    *ret_fd = TAKE_FD(fd);
    return 0;
}
