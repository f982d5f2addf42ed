// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Integer constant expressions of a C text: an array's length, an enum's value. */

#include "schema/cparse.h"

/* Reads an expression (without commas, as C demands here) and computes it as C does, in int,
 * unsigned, long and unsigned long. */
int cexpr_read(struct cparser *parser, struct cvalue *ret_value);

/* Reads an expression whose value must be from 0 to max; what names it in messages: "a bitfield's
 * width". */
int cexpr_read_count(struct cparser *parser, const char *what, uint64_t max, uint64_t *ret_count);
