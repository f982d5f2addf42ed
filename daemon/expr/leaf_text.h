// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The loops over texts, each like leaf_select(). */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "expr/term.h"

/* TERM_TEXT */
uint32_t leaf_text(const struct term *term, bool wanted, const struct ringmill_view *views,
                   uint16_t *selection, uint32_t n);
/* TERM_TEXT_WORDS */
uint32_t leaf_words(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n);
/* TERM_TEXTS */
uint32_t leaf_texts(const struct term *term, bool wanted, const struct ringmill_view *views,
                    uint16_t *selection, uint32_t n);
