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
leaf_run leaf_present;  /* register a is not null; `b` says that it holds texts */
leaf_run leaf_inside;   /* term->left, a list, array or struct, is inside the sample */

/* term->set has it: */
leaf_run leaf_few;       /* term->left, an integer; up to SET_FEW of them */
leaf_run leaf_hashed;    /* term->left, an integer */
leaf_run leaf_intervals; /* term->left, an integer; `lowest` turns its sign bit over, or not */
leaf_run leaf_networks;  /* term->left, an IPv4 address */
leaf_run leaf_networks6; /* register a, an IPv6 address */
leaf_run leaf_listed;    /* register a, a text or bytes */
