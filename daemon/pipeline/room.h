// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether an input's records can go on: room is asked for before a batch is taken, never within
 * one. Consumer thread. */

#include <stdbool.h>

#include "pipeline/graph.h"

/* Whether all sinks of the input have room for one more batch. */
bool room_in_lanes(const struct input *input);
/* Whether all sinks of the input have room for one more batch, and no handler that makes records
 * waits for room. */
bool room_in_stream(const struct input *input);

/* Nothing is to be read on before some of it is acknowledged. A batch may go beyond the limit. At
 * at-most-once: before all of it is, that an earlier config with at-least-once has read: positions
 * after it could not be published, and its records would come twice. */
bool room_held_up(const struct input_ring *ring);
/* As for one ring, for all rings of an input, after publishing what is acknowledged by now. */
bool room_stream_held_up(const struct input *input);
