// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One comparison over a selection. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "expr/term.h"

/* Keeps in selection, in place and in order, the n records' indexes for which the term, without
 * its `negated`, is what is wanted. term is neither TERM_FALSE, TERM_ALL nor TERM_ANY. */
uint32_t leaf_select(const struct term *term, bool wanted, const struct ringmill_view *views,
                     uint16_t *selection, uint32_t n);

/* What is read where a sample is too short: NULs. */
extern const uint8_t leaf_nothing[16];
