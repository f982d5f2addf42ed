// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ringmill/ring.h>

#define LOCK_FOLDER "/run/ringmill"

/* A ring's consumer lock: LOCK_FOLDER/ring-ID.lock, with this process's pid inside. */
struct lock {
    int fd; /* -1: none is held */
    char *path;
};

/* Creates the folder if only its last part is missing. -EBUSY if another open file holds the lock;
 * the sentence names the process. The first call in a process removes lock files that killed
 * processes left for rings that are gone. On success the caller owns *ret_lock. */
int lock_take(const char *folder, uint32_t map_id, struct ringmill_error *reason,
              struct lock *ret_lock);
/* Accepts one without a lock. */
void lock_leave(struct lock *lock);
