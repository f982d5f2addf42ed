// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reports to the service manager (sd_notify). Without a service manager all functions do nothing.
 * Main thread only. */

/* The daemon runs, or runs again after a reload. */
void notify_ready(void);
/* The daemon begins to stop. */
void notify_stopping(void);
/* A reload begins; notify_ready() ends it. */
void notify_reloading(void);
/* The main thread is alive: see notify_watchdog_limit(). */
void notify_watchdog(void);
/* The line that `systemctl status` shows. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A service manager has started this process, and listens. */
bool notify_is_managed(void);

/* Nanoseconds within which notify_watchdog() must be called; 0: no watchdog. */
uint64_t notify_watchdog_limit(void);
