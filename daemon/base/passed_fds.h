// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Descriptors that the service manager passed to us: sockets of socket units, and what was left in
 * its fd store. They are read once, at the start, before anything else is opened; then each is
 * asked for by its name, by whoever knows what it is, and belongs to that.
 *
 * Main thread only. */

#include <stdbool.h>
#include <stdint.h>

enum { PASSED_FDS_MAX = 4096 }; /* that are looked at; further ones are closed */

/* Takes what was passed, if anything was: closed on exec, and the variables that told of it gone
 * from the environment. */
void passed_fds_init(void);
/* Closes the descriptors that were not taken. Returns their number. */
uint32_t passed_fds_deinit(void);

/* The next one of that name, which is the caller's from now on; -1: there are no more. */
int passed_fds_take(const char *name);

/* The names of the descriptors not yet taken, by index from 0; NULL: no more. Valid until
 * the next call that takes one. */
const char *passed_fds_name(uint32_t index);
