// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A source of a BPF object that is kept when the process ends: what is kept of it at the start, and
 * how the next process finds it. On the loader thread. */

#include <stdint.h>

#include "base/error.h"

struct object_source;
struct source;

/* Before the object is loaded. 1: the set of an earlier process is adopted, its programs are
 * already attached and nothing must be loaded; 0: there is nothing to adopt; -errno and a
 * sentence. */
int kept_source_adopt(struct source *source, struct error *error);

/* Before the source is attached, with its rings open and read by no other process: keeps the rings
 * of what was loaded. 0, or -errno and a sentence. */
int kept_source_begin(struct source *source, struct error *error);
/* After the source was attached: keeps the links of its programs. 0, or -errno and a sentence. */
int kept_source_finish(struct source *source, struct error *error);
/* After that, for a kept source: its set counts from now on, and older ones end. */
void kept_source_take_over(struct source *source);

/* Notes the losses in the ledger: those read earlier have been reported, those read now will be. */
void kept_source_note_lost(struct object_source *state, uint32_t stream);
/* What was lost so far is in no report: an older set has those records. */
void kept_source_forget_lost(struct object_source *state, uint32_t stream);
/* Notes in the ledger that all losses read so far were reported. */
void kept_source_settle_lost(struct object_source *state);

/* For a kept source: detaches its programs, also for all who keep them. When it returns, no record
 * will follow. */
void kept_source_detach(struct object_source *state);
/* After the rings were drained: drops the set, except records that were not delivered. */
void kept_source_drop(struct source *source);
/* The source will not run: drops its set, and the source that it was to follow continues. */
void kept_source_undo(struct object_source *state);
