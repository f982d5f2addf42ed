// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What is guessed of a term before it has seen a record, for && and || to run their terms in a good
 * order: what it costs for a record, about half nanoseconds, and for how many of a hundred records
 * it holds. */

enum cost {
    COST_RANGE = 2,
    COST_WORDS = 3,
    COST_REGISTERS = 3,
    COST_STEP = 3,
    COST_FEW = 4,
    COST_PREFIX = 5,
    COST_HASH = 6,
    COST_TEXT = 10,
    COST_NETWORKS = 10,
    COST_INTERVALS = 12,
    COST_LISTED = 16,
    COST_SEARCH = 20,
    COST_PATTERN = 80,
    /* of a step, beyond COST_STEP */
    COST_LOAD_TEXT = 6,
    COST_PIECE = 6,
    COST_DIGEST = 8,
    COST_CLOCK = 2,
    COST_COPY = 24,
};

enum passes {
    PASSES_EQUAL = 5,
    PASSES_SOME = 20, /* what names some values: lists, networks, prefixes, patterns */
    PASSES_HALF = 50,
    PASSES_MOST = 90,
};
