// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The path of a unix socket that this process serves: locked against others, and removed in the
 * end. The lock is a file beside it, "PATH.lock", which is removed, too. */

#include <sys/stat.h>

#include "base/error.h"

struct socket_path {
    int lock_fd;       /* held as long as the path is ours */
    char *lock;        /* its path */
    char *path;        /* NULL: none is ours */
    struct stat bound; /* what is ours to remove there */
};

#define SOCKET_PATH_NONE ((struct socket_path){.lock_fd = -1})

/* Binds a socket to the path: mode 0660, and group `ringmill` where there is one. A socket that
 * no process serves any more is replaced; -EADDRINUSE: another program serves it; -EEXIST: it is no
 * socket. On failure nothing of ours is left there. Needs CAP_CHOWN for the group. -errno and a
 * sentence. The caller owns the socket, which is not listening yet. */
int socket_path_take(struct socket_path *ours, const char *path, struct error *error, int *ret_fd);
/* Takes over a socket that an earlier process has bound to the path. -ENOENT: the socket no longer
 * exists. */
int socket_path_adopt(struct socket_path *ours, const char *path, struct error *error);
/* The next process will adopt it: what is at the path stays. */
void socket_path_hand_on(struct socket_path *ours);
/* Before the socket is closed: its inode may be another file's afterwards. Accepts
 * SOCKET_PATH_NONE. */
void socket_path_leave(struct socket_path *ours);
