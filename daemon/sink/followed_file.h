// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A file that is open for writing, and whether its path still leads to it. Owned by one thread. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct followed_file {
    int fd;       /* not owned; -1: none */
    bool regular; /* and not a fifo, a terminal, ...: of those nothing can be said */
    dev_t device;
    ino_t inode;
    int64_t looked_at; /* ns, monotonic */
    int64_t moved_at;  /* ns, monotonic: when it was first seen to be moved away; 0: it was not */
};

enum followed_state {
    FOLLOWED_HERE,     /* or it cannot be known */
    FOLLOWED_MOVED,    /* away, for a second by now: a log rotation says itself when it is done */
    FOLLOWED_DELETED,  /* it has no name any more */
    FOLLOWED_REPLACED, /* another file has its path */
};

/* "deleted"; of FOLLOWED_HERE NULL. */
const char *followed_state_text(enum followed_state state);

/* stat is what fstat() says of fd. */
void followed_file_init(struct followed_file *file, int fd, const struct stat *stat);

/* ret_stat is filled where the result is FOLLOWED_HERE and the path leads to the file, else its
 * st_nlink is 0. */
enum followed_state followed_file_look(struct followed_file *file, const char *path,
                                       struct stat *ret_stat);
/* There is a file to look for, and the last look was so long ago; ns. */
bool followed_file_is_due(const struct followed_file *file, int64_t every);
/* ms until it will be due; -1: never. */
int followed_file_due_in(const struct followed_file *file, int64_t every);
