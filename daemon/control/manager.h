// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/* What the service manager is about to do with this process's service, asked by D-Bus: a signal to
 * end does not say whether a new process will follow. Main thread; waits for an answer, for
 * MANAGER_SECONDS_MAX at the most. */

enum { MANAGER_SECONDS_MAX = 2 };

/* It restarts the service. False also where there is none, or none that can be asked. */
bool manager_restarts(void);
