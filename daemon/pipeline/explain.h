// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "pipeline/graph.h"

/* Prints what a config means once everything is resolved: each source with the fields of its
 * records, each pipeline's handlers in order, each sink. For people; needs no privileges. */
void explain_graph(const struct graph *graph, FILE *file);
