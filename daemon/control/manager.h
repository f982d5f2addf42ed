// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the service manager is about to do with this process's service, asked by D-Bus: a signal to
 * end does not say whether a new process will follow, nor does the fd store say that it is full.
 * Main thread; waits for an answer, for
 * MANAGER_SECONDS_MAX at the most. */

enum { MANAGER_SECONDS_MAX = 2 };

/* It restarts the service. False also where there is none, or none that can be asked. */
bool manager_restarts(void);

/* How many descriptors its fd store has. 0 or -errno: it cannot be asked. */
int manager_stored(uint32_t *ret_count);
