// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What this machine calls its ids. All of these may take long: files, name services, a tree. */

#include <stdint.h>

/* Writes the name, not NUL-ended, to name, which has room for `room` bytes, and returns its length.
 * -ENOENT: there is none, or it is longer; another errno: it could not be found out now. */
int id_name_user(uint64_t uid, char *name, uint32_t room);
int id_name_group(uint64_t gid, char *name, uint32_t room);
