// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One graph follows another while records come:
 *
 *     loader   sinks open ▸ programs loaded ▸ rings open                 switch_prepare()
 *     main     writers ▸ programs attached                               switch_over()
 *     consumer between two turns: new rings are read, those that stay get their new strands, and
 *              what the old graph has alone begins to end
 *     main     programs detached ▸ rings read empty, what handlers hold made ▸ writers end
 *
 * Up to the consumer's part nothing of the old graph has changed, so everything that can fail comes
 * before it. What is in both graphs notices nothing. */

#include "base/error.h"
#include "pipeline/engine.h"

/* On the loader thread. 0, or -errno and a sentence; next stays the caller's and
 * is for switch_over() or switch_discard(). */
int switch_prepare(const struct engine *engine, struct graph *next, struct error *error);

/* Main thread, with next prepared: 0, and the engine has it; the graph that it had has come to its
 * end and is freed. Takes as long as what that still had on its way, ENGINE_STOP_LIMIT_S and a
 * little at most. -errno and a sentence: nothing has changed. */
int switch_over(struct engine *engine, struct graph *next, struct error *error);

/* Main thread: undoes all that was done for a graph that does not come to run, and frees it. */
void switch_discard(struct engine *engine, struct graph *next);
