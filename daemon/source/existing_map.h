// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Opens a BPF map that another program created, by what a user knows of it:
 *
 *     /sys/fs/bpf/agent/events    anything with a slash: a pinned path; the file's rights decide
 *     id:42                       the id of the map; needs CAP_SYS_ADMIN
 *     events                      its name, if no other ring has it; needs CAP_SYS_ADMIN, too
 *
 * If a name is not unique, rings and maps of rings take precedence; if there are still several, the
 * sentence lists their ids. Any thread. */

#include <stdbool.h>

#include "base/error.h"

/* read_only: the fd can only be used to ask for the properties of the map; a ring cannot be mapped
 * through it, not even for reading. The caller must still check the type of the map. 0 and an fd
 * that the caller owns, or -errno and a sentence: -ENOENT, -EPERM, -ENOTUNIQ (several maps have
 * that name), -EINVAL (not a map), others. */
int existing_map_open(const char *what, bool read_only, struct error *error, int *ret_fd);
