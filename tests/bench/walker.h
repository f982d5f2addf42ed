// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The evaluator that one would write first: a tree of nodes, each record walked through it, values
 * with a type. What the real one is compared with. */

#include <stdbool.h>
#include <stdint.h>

#include "record/batch.h"

enum walker_kind {
    WALKER_FIELD,
    WALKER_INTEGER,
    WALKER_TEXT,
    WALKER_AND,
    WALKER_EQ,
    WALKER_NE,
    WALKER_GT,
    WALKER_GE,
    WALKER_STARTS,
    WALKER_MATCH,
    WALKER_LIST,     /* left in integers */
    WALKER_NETWORKS, /* left in networks */
};

struct walker_network {
    uint32_t address; /* host byte order */
    uint32_t mask;
};

struct walker {
    enum walker_kind kind;
    const struct walker *left;
    const struct walker *right;
    const struct field *field;
    int64_t integer;
    struct text text;
    const int64_t *integers;
    const struct walker_network *networks;
    uint32_t n;
    void *code; /* pcre2_code */
    void *data; /* pcre2_match_data */
};

void walker_set_pattern(struct walker *walker, const char *pattern);
bool walker_holds(const struct walker *walker, const struct ringmill_view *view);
