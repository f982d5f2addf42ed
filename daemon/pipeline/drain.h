// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Reading a stream's rings to an end that does not move. On the consumer thread, between turns, or
 * while there is none. */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/graph.h"

/* Records came that were not read yet. Of a capture all have come, long ago, whatever its feeder
 * lets be read by now. */
bool drain_is_behind(const struct graph_stream *stream);

/* What is in the stream's rings now is the last that is waited for. Once per stream; a second call
 * changes nothing. */
void drain_begin(struct graph_stream *stream);
/* After drain_begin(): all of it was handled. */
bool drain_has_read(const struct graph_stream *stream);
/* After drain_begin(): all of it was handled, and all losses were reported. */
bool drain_is_over(const struct graph_stream *stream);
/* Main thread, after the consumer thread has ended: how many records were there at drain_begin()
 * and were not read, those that are reserved for ever included. Adds their bytes to *bytes. */
uint64_t drain_count_unread(const struct graph_stream *stream, uint64_t *bytes);
