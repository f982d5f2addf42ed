// SPDX-License-Identifier: Apache-2.0
/* The consumer lock. The kernel lets any number of processes map consumer_pos writable, and two of
 * them would silently lose records, so this lock is added.
 *
 * It cannot be a flock on the map's own fd: all maps share one anonymous inode. So it is a file
 * named after the map id; see lock_file.c. The lock of a dead holder ends with its fd; its pid
 * stays in the file and then means nothing. Map ids are reused only after very many maps, so files
 * of killed processes would pile up: they are removed when their map is gone. */
#include "ring/lock.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/lock_file.h"
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
        return reason_set(reason, -EBUSY, "ring %u already has a consumer", map_id);
    read_comm(pid, comm);
    return reason_set(
        reason, -EBUSY,
        "ring %u already has a consumer: process %ld (%s); stop it, or observe the ring instead",
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

/* ---- what killed processes have left --------------------------------------------------------- */

static void cleanup_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* False also if this process may not find out. */
static bool map_is_gone(uint32_t id)
{
    union bpf_attr attr = {.map_id = id};
    int fd = (int)syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));

    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == ENOENT;
}

/* Removes lock files of rings that are gone. Nobody opens such a ring, so taking its lock here
 * refuses nobody. */
static void sweep(const char *folder)
{
    _cleanup_(cleanup_folder) DIR *files = opendir(folder);
    char path[PATH_MAX];
    const struct dirent *file;
    unsigned int id;
    int end, fd;

    while (files && (file = readdir(files))) {
        end = 0;
        if (sscanf(file->d_name, "ring-%u.lock%n", &id, &end) < 1 || end == 0 ||
            file->d_name[end] != '\0' || !map_is_gone(id))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
        switch (lock_file_take(path, &fd)) {
        case 0:
            lock_file_leave(path, fd);
            break;
        case -EWOULDBLOCK: /* a reader that outlives its map */
            close(fd);
            break;
        }
    }
}

/* ---- taking, leaving ------------------------------------------------------------------------- */

static int make_folder(const char *folder, struct ringmill_error *reason)
{
    static atomic_flag swept = ATOMIC_FLAG_INIT;

    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return reason_set(reason, -errno,
                          "cannot create the lock folder %s: %m; choose another one, or open the "
                          "ring without a lock",
                          folder);
    if (!atomic_flag_test_and_set(&swept))
        sweep(folder);
    return 0;
}

int lock_take(const char *folder, uint32_t map_id, struct ringmill_error *reason,
              struct lock *ret_lock)
{
    _cleanup_(cleanup_close) int fd = -1;
    char path[PATH_MAX];
    int result = make_folder(folder, reason);

    if (result < 0)
        return result;
    if (snprintf(path, sizeof(path), "%s/ring-%u.lock", folder, map_id) >= (int)sizeof(path))
        return reason_set(reason, -ENAMETOOLONG, "the lock folder's path is too long: %s", folder);
    result = lock_file_take(path, &fd);
    if (result == -EWOULDBLOCK)
        return refuse_busy(fd, map_id, reason);
    if (result < 0)
        return reason_set(reason, result,
                          "cannot lock %s: %s; who reads the ring holds this file, so make it a "
                          "plain file that this user may write, or remove it",
                          path, strerror(-result));
    write_pid(fd);
    ret_lock->path = strdup(path); /* NULL: the file is not removed */
    ret_lock->fd = TAKE_FD(fd);
    return 0;
}

void lock_leave(struct lock *lock)
{
    if (lock->fd >= 0 && lock->path)
        lock_file_leave(lock->path, lock->fd);
    else if (lock->fd >= 0)
        close(lock->fd);
    free(TAKE_PTR(lock->path));
    lock->fd = -1;
}
