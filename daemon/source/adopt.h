// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A BPF object's source that outlives the process: what is kept of it at the start, and what is
 * found of it by the next process. On the loader thread. */

#include <stdint.h>

#include "base/error.h"

struct object_source;
struct source;

/* Before the object is loaded. 1: what an earlier process kept is adopted, its programs are
 * attached already and nothing is to be loaded; 0: there is nothing that can be adopted; -errno
 * and a sentence. */
int adopt_find(struct source *source, struct error *error);

/* Its rings are open, and no other process reads them. Before it is attached: keeps the rings of
 * what was loaded. 0, or -errno and a sentence. */
int adopt_begin(struct source *source, struct error *error);
/* After it was attached: keeps what holds its programs, and lets older sets end. 0, or -errno and a
 * sentence. */
int adopt_finish(struct source *source, struct error *error);

/* The losses that were read before this were told; those of now will be. */
void adopt_note_lost(struct object_source *state, uint32_t stream);
/* All that were read were told: nothing follows in this process. */
void adopt_settle_lost(struct object_source *state);

/* Of a source that is kept: nobody keeps its programs attached any more. When it returns, no record
 * will follow. */
void adopt_detach(struct object_source *state);
/* After the rings are drained: nothing of it stays, but for what was not delivered. */
void adopt_drop(struct source *source);
/* It does not come to run: nothing of it stays, and what it was to follow goes on. */
void adopt_undo(struct object_source *state);
