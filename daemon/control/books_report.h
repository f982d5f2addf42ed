// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "pipeline/graph.h"

/* Prints the books of a graph, a line for each source, pipeline and sink:
 *
 *     source exec: produced 12 = seen 12 + discarded 0 + lost 0; skipped 0
 *     pipeline programs: seen 12 + copies 0 + emitted 0 = filtered 9 + limited 0 + sampled_out 0
 *         + deduplicated 0 + unknown_type 0 + failed 0 + forwarded 3                   (one line)
 *     sink out: forwarded 3 = delivered 3 + dropped 0 + in_flight 0
 *
 * Where nothing says how many records were lost, "produced" and "lost" are "unknown", and so is
 * "skipped" where the kernel does not say it. Skipped runs wrote no records, so they are outside of
 * the equation.
 *
 * True when they add up, within each line and from line to line; at a quiet moment they must. What
 * does not is said in a line of its own. Main thread, before the rings are closed. */
bool report_books(const struct graph *graph, FILE *file);
