// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The rings of a graph's inputs, and their commits that wait for acknowledgements. */

#include "base/error.h"
#include "pipeline/graph.h"

struct ringmill_reader;

/* With the sources loaded: opens those rings that are not open yet, of the sources that no other
 * graph has. 0, or -errno and a sentence. */
int rings_open(struct graph *graph, struct error *error);

/* Consumer thread between turns, or while there is none: the reader reads the input's rings, too,
 * in order if that is wanted, from now on. 0, or -errno and a sentence; then it reads none of them.
 */
int rings_watch(struct ringmill_reader *reader, struct input *input, struct error *error);
/* Consumer thread between turns, or while there is none: the reader stops reading the rings of the
 * input, which are then the caller's. */
void rings_unwatch(struct ringmill_reader *reader, struct input *input);

/* Consumer thread, or while there is none: publishes what the ring's keepers have acknowledged. Not
 * for a ring without any. */
void rings_settle(struct input_ring *ring);

/* Consumer thread, or while there is none: publishes all that was read of the input; of a ring
 * that waits for acknowledgements, what is acknowledged. */
void rings_commit(struct input *input);

/* Consumer thread, or while there is none: sets unacked_max from the limit of the ring's input. */
void rings_limit(struct input_ring *ring);

/* What a ring waits for when its input's keepers change: those that the input has, and those that
 * still have something of it, but for the sinks that only `ended` has (NULL: none); or NULL if
 * there are none. *ret_held is the caller's. 0 or -ENOMEM. */
int rings_hold_anew(const struct input_ring *ring, const struct input *input,
                    const struct graph *ended, struct held **ret_held);
