// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Handlers want batches of one type, and the output wants the order of the ring. So what the ring
 * gives is cut into runs of equal type, and each goes through the chains of its type before the
 * next one does:
 *
 *     views    [open][open][flow][flow][flow][  ? ][open]
 *     runs      ----------  ----------------  ----  ----
 *
 * A run also begins where records are missing before it, if the stream is numbered, and the loss is
 * told in between; and where a capture says something, see capture_notes.h. Records of a type that
 * the stream does not know pass no handler; the books have a row for them. */

#include "pipeline/graph.h"

/* Consumer thread, with room in the stream's lanes: takes the views through all chains. views,
 * count and clocked are set; all else is scratch. now: ns, monotonic, as well as it is known. */
void dispatch_batch(struct input_ring *ring, struct batch *batch, int64_t now);

/* The type of a record of the ring. */
const struct input_type *dispatch_find_type(const struct input_ring *ring,
                                            const struct ringmill_view *view);
