// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The loops that decide: one comparison over a selection each. */

#include "expr/program.h"

leaf_run leaf_range;    /* term->left lies in [lowest, lowest + span] */
leaf_run leaf_mask;     /* term->left has one of the bits of span */
leaf_run leaf_integers; /* registers a and b, integers: equal, or less */
leaf_run leaf_numbers;  /* the same where one is a float, or both */
leaf_run leaf_text;     /* term->left equals text */
leaf_run leaf_words;    /* the same for char[8] to char[16], by two overlapping words */
leaf_run leaf_texts;    /* registers a and b, texts or bytes: equal */
