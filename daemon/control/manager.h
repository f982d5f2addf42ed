// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the service manager is about to do with this process's service, asked by D-Bus: a signal to
 * end does not say whether a new process will follow, nor does the fd store say that it is full.
 * Main thread; waits for an answer, for
 * MANAGER_SECONDS_MAX at the most. */

enum { MANAGER_SECONDS_MAX = 2 };

/* Whether the service is being restarted. False also without a service manager, or if it cannot be
 * asked. */
bool manager_restarts(void);

/* How many descriptors its fd store has. 0 or -errno: it cannot be asked. */
int manager_stored(uint32_t *ret_count);
