// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "enrich/grid.h"

/* Fills an empty grid from JSON: a list of objects. Its columns are the members of all of them, in
 * the order in which they first come; what an object lacks is null. 0, or -EINVAL (or -ENOMEM,
 * -EFBIG) and a sentence. */
int objects_read(struct grid *grid, const char *bytes, size_t size, struct error *error);
