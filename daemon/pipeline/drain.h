// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Reading an input's rings to an end that does not move. On the consumer thread, between turns, or
 * while there is none. */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/graph.h"

/* Records came that were not read yet. Of a capture all have come, long ago, whatever its feeder
 * lets be read by now. */
bool drain_is_behind(const struct input *input);

/* What is in the input's rings now is the last that is waited for. Once per input; a second call
 * changes nothing. */
void drain_begin(struct input *input);
/* After drain_begin(): all of it was handled. */
bool drain_has_read(const struct input *input);
/* After drain_begin(): all of it was handled, and all losses were reported. */
bool drain_is_over(const struct input *input);
/* Main thread, after the consumer thread has ended: how many records were there at drain_begin()
 * and were not read, those that are reserved forever included. Adds their bytes to *bytes. */
uint64_t drain_count_unread(const struct input *input, uint64_t *bytes);
