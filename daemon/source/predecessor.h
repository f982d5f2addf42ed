// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Older sets of a source: left by a stop that was killed, by a sink that did not accept everything
 * at a stop, by a reload that was killed, or by another config. The streams of the source read
 * their rings like its own, up to where a newer set has the records, and then they are dropped.
 *
 *     set 17   ████████████│░░░░      ░ is in set 23, too, whose programs were attached by then
 *     set 23           ░░░░│██████▶
 *                        until
 *
 * On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kept_set;
struct object_source;
struct ring_bounds;
struct ringmill_error;
struct ringmill_ring;
struct source;

/* While the config is loaded: gives the set, which has a ledger, to the source, from the call on. 0
 * or -ENOMEM. */
int predecessor_add(struct source *source, struct kept_set *kept);

/* Whether any of the older sets has records that this source delivers. */
bool predecessors_are_read(const struct object_source *state);
/* The number of rings that the older sets have for that stream. */
uint32_t predecessor_count_rings(const struct object_source *state, uint32_t stream);
/* Opens one of those rings, by index from 0. The caller owns *ret_ring. 0, or -errno and a reason.
 */
int predecessor_open_ring(const struct object_source *state, uint32_t stream, uint32_t index,
                          struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* Which part of that ring counts; NULL: all of it. */
struct ring_bounds *predecessor_ring_bounds(const struct object_source *state, uint32_t stream,
                                            uint32_t index);

/* Ends the part of the set that is read, because the programs of the successor (its number) are
 * attached: later records are in the successor's rings. Takes effect once the successor's ledger
 * says that it is complete. state is the source that reads the set. Does nothing if the set was cut
 * before. */
void predecessor_cut(struct object_source *state, struct kept_set *kept, uint32_t successor);
/* Undoes predecessor_cut(): the successor will not run. Does nothing if another set has the
 * records. */
void predecessor_uncut(struct kept_set *kept, uint32_t successor);

/* After the source is attached: cuts those that are not cut yet, detaches their programs, and
 * removes those that cannot be read. */
void predecessors_end(struct source *source);

/* Records that they have lost and that were not reported yet; the second call writes down in the
 * ledger that they were. */
uint64_t predecessors_lost(struct object_source *state, uint32_t stream);
/* Drops the sets that were read to their end. */
void predecessors_drop_read(struct source *source);
/* At the end: drops the sets that were read to their end, and logs which remain. */
void predecessors_settle(struct source *source);
