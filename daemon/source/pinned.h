// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Opening a BPF map that somebody else has made, by what a person knows of it:
 *
 *     /sys/fs/bpf/agent/events    anything with a slash: a pinned path; the file's rights decide
 *     id:42                       the map's id; takes CAP_SYS_ADMIN
 *     events                      its name, if no other ring has it; takes CAP_SYS_ADMIN, too
 *
 * Where a name is not unique, rings and arrays of rings go first; if that does not tell either, the
 * sentence lists the ids. Any thread. */

#include <stdbool.h>

#include "base/error.h"

/* read_only: the fd will do for asking what map it is; a ring cannot be mapped through it, not even
 * to look at it. What kind of map it is remains to be checked. 0 and
 * an fd that the caller owns, or -errno and a sentence: -ENOENT, -EPERM, -ENOTUNIQ (several maps
 * have that name), -EINVAL (no map), others. */
int pinned_open(const char *what, bool read_only, struct error *error, int *ret_fd);
