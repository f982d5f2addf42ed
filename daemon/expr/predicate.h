// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The comparisons that terms make: each is one loop over a selection. */

#include "expr/program.h"

predicate_run predicate_range;    /* term->left lies in [lowest, lowest + span] */
predicate_run predicate_mask;     /* term->left has one of the bits of span */
predicate_run predicate_integers; /* registers a and b, integers: equal, or less */
predicate_run predicate_numbers;  /* the same where one is a float, or both */
predicate_run predicate_text;     /* term->left equals text */
predicate_run predicate_words;    /* the same for char[8] to char[16], by two overlapping words */
predicate_run
    predicate_prefix; /* term->left, no list's text, begins with text, which is not empty */
predicate_run predicate_texts;   /* registers a and b, texts or bytes: equal */
predicate_run predicate_present; /* register a is not null; `b` says that it holds texts */
predicate_run predicate_inside;  /* term->left, a list, array or struct, is inside the sample */

/* term->set has it: */
predicate_run predicate_few;    /* term->left, an integer; up to SET_FEW of them */
predicate_run predicate_hashed; /* term->left, an integer */
predicate_run
    predicate_intervals;      /* term->left, an integer; `lowest` turns its sign bit over, or not */
predicate_run predicate_bits; /* the same */
predicate_run predicate_networks;  /* term->left, an IPv4 address */
predicate_run predicate_networks6; /* register a, an IPv6 address */
predicate_run predicate_listed;    /* register a, a text or bytes */
