// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Ending what is kept, while the engine runs: `ringmill release`. Main thread. */

#include <stdint.h>

#include "base/error.h"

struct engine;

enum {
    RELEASE_DRAIN_MS = 2000, /* how long the rings of a source that is read may take to be drained;
                                the rest of it stays until the daemon stops */
};

/* name: a source; one that runs is detached and its rings are drained, and it stays without
 * programs until the next start. NULL: all that is kept and that no source of the graph goes on
 * with. Returns how many were ended, or -errno and a sentence; -ENOENT: nothing is kept of it. */
int release(struct engine *engine, const char *name, struct error *error);
