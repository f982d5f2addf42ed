// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ringmill/ring.h>

#define LOCK_FOLDER "/run/ringmill"

/* A ring's consumer lock: LOCK_FOLDER/ring-ID.lock, with this process's pid inside. */
struct lock {
    int fd; /* -1: none is held */
    char *path;
};

/* The folder is made if only its last part is missing. -EBUSY when another open file holds the
 * lock, and the sentence names the process. The first one in a process removes those that killed
 * processes have left, of rings that are gone. On success the caller owns *ret_lock. */
int lock_take(const char *folder, uint32_t map_id, struct ringmill_error *reason,
              struct lock *ret_lock);
/* Accepts one without a lock. */
void lock_leave(struct lock *lock);
