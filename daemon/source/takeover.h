// SPDX-License-Identifier: Apache-2.0
#pragma once

/* New programs of a source are attached before the old ones are detached, so events in between are
 * recorded by both. Where an event may be delivered once only (delivery: at-most-once), the part
 * that counts of the old rings ends before that of the new ones begins:
 *
 *     old rings    ████████████│░░░░░░░        ░ is not delivered
 *     new rings         ░░░░░░░░░░░│█████▶
 *                            until  from
 *
 * `from` is taken when the programs that ran at `until` have ended on all CPUs: an event with a
 * record before `until` has none after `from`. Events between the two, some milliseconds, are in
 * neither part. Programs that can be preempted between two programs of one hook (uprobes, fentry)
 * end that wait early if they are preempted just there.
 *
 * For kept sources the completion of the new set puts both into effect: a process that is killed
 * before it leaves the old set as the one that counts. On the loader thread. */

#include <stdbool.h>

struct object_source;
struct source;

/* After the source was loaded and before its rings are read: none of its records counts until
 * takeover_end(). */
void takeover_begin(struct object_source *state);
/* With the programs attached, and the old rings read up to a fixed end: from now on its records
 * count, and its losses; a kept set is complete. */
void takeover_end(struct source *source);

/* The function follow() of struct source_kind: remembers the previous source, if it is a kept one,
 * and whether both record the same events. */
void takeover_follow(struct source *source, const struct source *previous);
/* The function take_over() of struct source_kind; where it is not needed, for all that is attached:
 * a kept set is complete, and older ones end. */
void takeover_run(struct source *source);
