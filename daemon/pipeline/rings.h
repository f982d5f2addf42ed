// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Opening the rings of a graph's inputs, and having a reader read them. */

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
