// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "enrich/grid.h"

/* Fills an empty grid from CSV as RFC 4180 has it: fields between commas, lines ended by LF or
 * CRLF, fields in quotes where they hold commas, line ends or (doubled) quotes. The first line has
 * the names. Texts of the grid point into bytes, where quotes are undone in place. 0, or -EINVAL
 * (or -ENOMEM, -EFBIG) and a sentence. */
int csv_read(struct grid *grid, char *bytes, size_t size, struct error *error);
