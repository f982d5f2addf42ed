// SPDX-License-Identifier: Apache-2.0

/* The face of the language: text to tree, tree to terms, and the tree goes. Only the bytes of the
 * constants move over into the expression, because terms point at them. */

#include "expr/expr.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "expr/check.h"
#include "expr/eval.h"
#include "expr/lex.h"
#include "expr/parse.h"

DEFINE_CLEANUP(struct expr, expr_free);

int expr_compile(const char *text, const struct schema *schema, struct expr_error *error,
                 struct expr **ret_expr)
{
    _cleanup_(tree_deinit) struct tree tree = {0};
    _cleanup_(cleanup_expr_free) struct expr *expr = calloc(1, sizeof(*expr));
    int r;

    if (!expr) {
        lex_refuse(error, 0, 1, "out of memory");
        return -ENOMEM;
    }
    r = tree_parse(text, error, &tree);
    if (r == 0)
        r = check_tree(&tree, schema, error, expr);
    if (r < 0)
        return r;
    expr->bytes = TAKE_PTR(tree.bytes);
    *ret_expr = TAKE_PTR(expr);
    return 0;
}

void expr_free(struct expr *expr)
{
    if (!expr)
        return;
    free(expr->terms);
    free(expr->bytes);
    free(expr);
}

void expr_select(const struct expr *expr, struct batch *batch)
{
    batch->selected = eval_select(expr, batch->views, batch->selection, batch->selected);
}
