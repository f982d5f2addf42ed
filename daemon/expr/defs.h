// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Named expressions: what `defs:` of a config gives to all its expressions. A name of theirs comes
 * before a field of the same name. */

#include "config/diag.h"
#include "config/node.h"
#include "expr/parse.h"

enum {
    EXPR_DEFS_MAX = 256, /* named expressions */
};

struct expr_def {
    const char *name;
    const struct config_node *node; /* where it stands; borrowed */
    struct tree tree;               /* borrows the node's text */
};

struct expr_defs {
    uint32_t n;
    struct expr_def defs[];
};

/* What the NODE_NAME stands for; NULL when it is not one of defs, which may be NULL. */
const struct expr_def *expr_defs_find(const struct expr_defs *defs, const struct node *node);
