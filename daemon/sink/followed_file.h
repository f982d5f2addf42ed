// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A file that is open for writing, and a check whether its path still leads to it. Used by one
 * thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct followed_file {
    int fd;       /* not owned; -1: none */
    bool regular; /* a regular file; nothing is checked for a FIFO or a terminal */
    dev_t device;
    ino_t inode;
    int64_t looked_at; /* ns, monotonic */
    int64_t moved_at;  /* ns, monotonic: when the move was first seen; 0: not moved */
};

enum followed_state {
    FOLLOWED_HERE,    /* unchanged, or unknown */
    FOLLOWED_MOVED,   /* moved more than a second ago: until then a log rotation may still signal */
    FOLLOWED_DELETED, /* the file has no name any more */
    FOLLOWED_REPLACED, /* another file has its path */
};

/* A text such as "deleted"; NULL for FOLLOWED_HERE. */
const char *followed_state_text(enum followed_state state);

/* Follows fd, whose fstat() gave `stat`. */
void followed_file_init(struct followed_file *file, int fd, const struct stat *stat);

/* Checks where the path leads now. ret_stat is filled if the result is FOLLOWED_HERE and the path
 * leads to the file, else its st_nlink is 0. */
enum followed_state followed_file_look(struct followed_file *file, const char *path,
                                       struct stat *ret_stat);
/* Whether there is a file to check, and the last check is `every` ns ago. */
bool followed_file_is_due(const struct followed_file *file, int64_t every);
/* ms until the next check is due; -1: never. */
int followed_file_due_in(const struct followed_file *file, int64_t every);

/* Removes the last `bytes` bytes of the file. False: it is not a regular file, or it failed. */
bool followed_file_cut(const struct followed_file *file, size_t bytes);
