// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ringmill/ring.h>

#define LOCK_FOLDER "/run/ringmill"

/* Takes the consumer lock of a ring: flock on FOLDER/ring-ID.lock, with this process's pid inside.
 * The folder is made if only its last part is missing. -EBUSY when another open file holds it, and
 * the sentence names the process. On success the caller owns *ret_fd; closing it gives the lock
 * back. */
int lock_take(const char *folder, uint32_t map_id, struct ringmill_error *reason, int *ret_fd);
