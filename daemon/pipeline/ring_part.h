// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records that the programs of an older set have recorded, too, and that are not delivered a second
 * time: see source/takeover.h. Only where delivery is at-most-once; nothing of it is left once a
 * ring has been read beyond that place. */

#include <stdbool.h>

#include "pipeline/input.h"
#include "record/batch.h"

/* Before the ring is read, with its bounds entered. */
void ring_part_begin(struct input_ring *ring);
/* Consumer thread, for a ring that `overlaps`: takes the records that do not count off the front of
 * the batch, and counts them. False: nothing is left of it. */
bool ring_part_leave_out(struct input_ring *ring, struct batch *batch);
/* Consumer thread, between turns: the input's rings are read up to where they end now. */
void ring_part_end_input(struct input *input);
