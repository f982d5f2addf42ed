// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A lock with a name: a flock on a file that exists while somebody holds the lock, and after a
 * kill. */

/* Mode 0600, as anybody who can open the file could lock it. -EWOULDBLOCK: another open file holds
 * it; then *ret_fd is that file, to read its content. The caller owns *ret_fd. 0 or -errno. */
int lock_file_take(const char *path, int *ret_fd);
/* The holder: removes the file and closes it. */
void lock_file_leave(const char *path, int fd);
