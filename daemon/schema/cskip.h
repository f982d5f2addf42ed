// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a header has beside types, and a layout does not need: functions, with their bodies, calls
 * of macros, definitions of BPF maps, and variables. */

#include "schema/cparse.h"

/* Passes over the declaration that the token begins, if it is one of those. */
int cskip_foreign(struct cparser *parser, bool *ret_is_skipped);

/* Passes over the value of a variable, from its = on up to the comma or semicolon after it. */
int cskip_initializer(struct cparser *parser);
