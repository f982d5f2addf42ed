// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a signal asks of the process: to end (SIGTERM, SIGINT), to reload its config (SIGHUP), to
 * reopen its files (SIGUSR1). A handler counts it and makes a descriptor readable, and the main
 * thread does what was asked when it comes to it. So no signal is lost or kills the process in the
 * middle of a step, also while it starts, and a second one shows while it stops.
 *
 * Main thread, where nothing else is said. */

#include <stdbool.h>
#include <stdint.h>

enum {
    SIGNALS_ONE_NS = 1000 * 1000 * 1000, /* signals this close to each other ask for one thing:
                                            timeout(1) sends each of its own twice */
};

/* The first thing in main(): from now on requests for config and files are remembered. The end
 * still comes at once: nothing has been begun that would have to be undone. 0 or -errno. */
int signals_remember(void);

/* Before the first step that has to be undone: the end is remembered, too. hangup_ends: there is no
 * config to be read again, and SIGHUP says that the terminal is gone. 0 or -errno. */
int signals_catch(bool hangup_ends);

/* Readable when something was asked for. -1 before signals_remember() and signals_catch(). */
int signals_fd(void);
/* Takes that off. Before looking at what was asked for. */
void signals_hear(void);

/* Any thread: how many times the end was asked for. */
uint32_t signals_ends(void);
/* Whether a reload was asked for since the last call. */
bool signals_take_reload(void);

/* Whether reopening the files was asked for since the last call. */
bool signals_take_reopen(void);
