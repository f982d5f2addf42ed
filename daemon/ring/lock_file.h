// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A lock that has a name: a flock on a file that is there as long as somebody holds it, and after a
 * kill. */

/* Mode 0600: whoever may open the file could lock it. -EWOULDBLOCK: another open file holds it;
 * then *ret_fd is that file, too, for what stands in it. The caller owns *ret_fd. 0 or -errno. */
int lock_file_take(const char *path, int *ret_fd);
/* The holder: removes the file and closes it. */
void lock_file_leave(const char *path, int fd);
