// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What this machine calls its ids. All of these may take long: files, name services, a tree. */

#include <stdbool.h>
#include <stdint.h>

/* Writes the user's name, not NUL-ended, to name, which has room for `room` bytes, and returns its
 * length. -ENOENT: there is none, or it is longer; another errno: it could not be found out now. */
int id_name_user(uint64_t uid, char *name, uint32_t room);

/* Writes the group's name; results are those of id_name_user(). */
int id_name_group(uint64_t gid, char *name, uint32_t room);

/* What is known without asking any service: calls visit for each line of a file like /etc/passwd or
 * /etc/group, until it returns false or the file ends. */
void id_name_local(const char *path, bool (*visit)(void *data, uint64_t id, const char *name),
                   void *data);
/* Calls visit for each process of this machine with its user and group, until it returns false. */
void id_name_processes(bool (*visit)(void *data, uint64_t uid, uint64_t gid), void *data);
