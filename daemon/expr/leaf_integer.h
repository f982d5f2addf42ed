// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The loops over integers, each like leaf_select(). */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "expr/term.h"

/* TERM_RANGE */
uint32_t leaf_range(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n);
/* TERM_EQUAL, TERM_LESS */
uint32_t leaf_integers(const struct term *term, bool wanted, const struct ringmill_view *views,
                       uint16_t *selection, uint32_t n);
