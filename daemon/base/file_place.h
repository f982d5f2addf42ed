// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where the file of a path is: its folder and its name there, with all symbolic links followed.
 * Whoever opens a file to write to it finds it this way, so that nobody but root and the user of
 * this process decides which file that is.
 *
 *     a symbolic link   is followed if it belongs to root or to our user, or lies in a folder that
 *                       nobody else can write to
 *     a file that is    is opened if its folder is one that nobody else can write to; else it must
 *     there already     belong to root, to our user or to the owner of its folder, and have no
 *                       other name: that may be one of a file elsewhere (a hard link)
 *
 * The kernel knows these rules as fs.protected_symlinks, protected_regular and protected_fifos, for
 * sticky folders and where they are switched on. */

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct file_place {
    int folder;              /* O_PATH; owned; -1: none */
    char name[NAME_MAX + 1]; /* there may be no such file yet */
    bool magic;              /* it is a link of /proc/PID/fd: only the kernel can follow it */
};

/* path is absolute. 0 and a place to be released, or -errno; a sentence is in error where more is
 * known than the errno, else its text is empty. */
int file_place_find(const char *path, struct file_place *ret, struct error *error);
/* Accepts one that holds no folder. */
void file_place_release(struct file_place *place);

/* Opens the file of that name in the folder, which the place's own need not be; never by a symbolic
 * link. flags as for open(2), O_CLOEXEC and O_NOCTTY are added. The descriptor and what fstat()
 * says of it, or -errno as file_place_find(). */
int file_place_open(const struct file_place *place, const char *name, int flags, mode_t mode,
                    struct stat *ret_stat, struct error *error);

/* Whether a file of that name is a regular one that file_place_open() would open. */
bool file_place_holds(const struct file_place *place, const char *name);

/* Brings to disk which files are in the folder. 0, also where the file system cannot, or -errno. */
int file_place_sync(const struct file_place *place);

/* Both paths lead to one file, or will once it is there: also by links and by another name of the
 * same file. Of terminals and other devices never. */
bool file_place_same(const char *path, const char *other);
/* Both files lie in one folder; *ret_name and *ret_other are their names there. */
bool file_place_neighbours(const char *path, const char *other, char ret_name[NAME_MAX + 1],
                           char ret_other[NAME_MAX + 1]);
