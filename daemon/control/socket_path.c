// SPDX-License-Identifier: Apache-2.0
#include "control/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/lock_file.h"

/* The process that holds the lock serves the path. If no process does, the socket file is a dead
 * daemon's. */
static int lock_path(struct socket_path *ours, const char *path, struct error *error)
{
    _cleanup_(cleanup_free) char *lock = NULL;
    _cleanup_(cleanup_close) int fd = -1;
    int result;

    if (asprintf(&lock, "%s.lock", path) < 0) {
        lock = NULL;
        return error_set(error, -ENOMEM, "out of memory");
    }
    result = lock_file_take(lock, &fd);
    if (result == -EWOULDBLOCK)
        return error_set(error, -EADDRINUSE, "another ringmilld serves %s", path);
    if (result < 0)
        return error_set(error, result,
                         "cannot lock %s: %s; make it a regular file that this user can write, or "
                         "choose another socket",
                         lock, strerror(-result));
    ours->lock = TAKE_PTR(lock);
    ours->lock_fd = TAKE_FD(fd);
    return 0;
}

/* The folder is made if only the last part of it is missing. */
static void make_folder(const char *path)
{
    _cleanup_(cleanup_free) char *folder = strdup(path);

    if (folder && strrchr(folder, '/') > folder) {
        *strrchr(folder, '/') = '\0';
        mkdir(folder, 0755);
    }
}

static int open_socket(const char *path, struct sockaddr_un *ret_address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(ret_address->sun_path, path);
    return fd < 0 ? -errno : fd;
}

/* The path may be a file of another program, or a socket of a program that does not use our lock.
 * Only a refused connection proves that a socket is unused. */
static int make_room(const char *path, struct error *error)
{
    _cleanup_(cleanup_close) int fd = -1;
    struct sockaddr_un address;
    struct stat found;

    if (lstat(path, &found) < 0)
        return errno == ENOENT ? 0 : error_set(error, -errno, "cannot access %s: %m", path);
    if (!S_ISSOCK(found.st_mode))
        return error_set(error, -EEXIST, "%s exists and is not a socket", path);
    fd = open_socket(path, &address);
    if (fd < 0)
        return error_set(error, fd, "cannot make a socket: %s", strerror(-fd));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != ECONNREFUSED)
        return error_set(error, -EADDRINUSE, "another program serves %s", path);
    if (unlink(path) < 0)
        return error_set(error, -errno, "cannot remove the old socket %s: %m", path);
    return 0;
}

static int bind_path(const char *path, struct error *error, int *ret_fd, struct stat *ret_bound)
{
    struct sockaddr_un address;
    _cleanup_(cleanup_close) int fd = open_socket(path, &address);
    mode_t mask;
    int result;

    if (fd < 0)
        return error_set(error, fd, "cannot make a socket: %s", strerror(-fd));
    mask = umask(0117);
    result = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    umask(mask);
    if (result == 0 && lstat(path, ret_bound) < 0)
        result = -errno;
    if (result < 0)
        return error_set(error, result, "cannot make the socket %s: %s", path, strerror(-result));
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static int give_to_group(const char *path, struct error *error)
{
    const struct group *group = getgrnam("ringmill");

    if (group && lchown(path, (uid_t)-1, group->gr_gid) < 0)
        return error_set(error, -errno, "cannot give %s to the group ringmill: %m", path);
    return 0;
}

/* From the bound socket on, the path is ours to leave. */
static int take(struct socket_path *ours, const char *path, struct error *error, int *ret_fd)
{
    _cleanup_(cleanup_free) char *copy = strdup(path);
    _cleanup_(cleanup_close) int fd = -1;
    int result;

    if (!copy)
        return error_set(error, -ENOMEM, "out of memory");
    result = make_room(path, error);
    if (result == 0)
        result = bind_path(path, error, &fd, &ours->bound);
    if (result < 0)
        return result;
    ours->path = TAKE_PTR(copy);
    result = give_to_group(path, error);
    if (result == 0)
        *ret_fd = TAKE_FD(fd);
    return result;
}

int socket_path_take(struct socket_path *ours, const char *path, struct error *error, int *ret_fd)
{
    int result;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return error_set(error, -ENAMETOOLONG, "the path of the socket %s is too long", path);
    make_folder(path);
    result = lock_path(ours, path, error);
    if (result == 0)
        result = take(ours, path, error, ret_fd);
    if (result < 0)
        socket_path_leave(ours);
    return result;
}

int socket_path_adopt(struct socket_path *ours, const char *path, struct error *error)
{
    _cleanup_(cleanup_free) char *copy = strdup(path);
    int result = copy ? lock_path(ours, path, error) : error_set(error, -ENOMEM, "out of memory");

    if (result == 0 && (lstat(path, &ours->bound) < 0 || !S_ISSOCK(ours->bound.st_mode)))
        result = error_set(error, -ENOENT, "the socket %s no longer exists", path);
    if (result == 0)
        ours->path = TAKE_PTR(copy);
    else
        socket_path_leave(ours);
    return result;
}

void socket_path_hand_on(struct socket_path *ours)
{
    free(TAKE_PTR(ours->path));
    socket_path_leave(ours);
}

/* Somebody may have put something else there in the meantime: that stays. */
void socket_path_leave(struct socket_path *ours)
{
    struct stat found;

    if (ours->path && lstat(ours->path, &found) == 0 && found.st_dev == ours->bound.st_dev &&
        found.st_ino == ours->bound.st_ino)
        unlink(ours->path);
    free(TAKE_PTR(ours->path));
    if (ours->lock_fd >= 0)
        lock_file_leave(ours->lock, TAKE_FD(ours->lock_fd));
    free(TAKE_PTR(ours->lock));
}
