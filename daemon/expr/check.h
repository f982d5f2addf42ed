// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A tree against a schema: types, then the form that runs. */

#include "expr/expr.h"
#include "expr/parse.h"
#include "expr/term.h"

/* Fills ret_expr->terms and root; the caller frees terms. Terms may point into tree's bytes. 0;
 * -EINVAL or -ENOMEM with error filled. */
int check_tree(const struct tree *tree, const struct schema *schema, struct expr_error *error,
               struct expr *ret_expr);
