// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Expressions in a handler's config. */

#include "expr/expr.h"
#include "record/handler.h"

static inline struct expr_scope expr_scope_of(const struct handler_host *host)
{
    return (struct expr_scope){
        .schema = host->schema, .siblings = host->siblings, .defs = host->defs, .host = host};
}

/* Adds a message about the expression at node, which was refused. What is wrong inside a named
 * expression is said there, with the place that uses it. */
void expr_report(const struct expr_error *error, const struct config_node *node, struct diag *diag);

/* The rows `matches_given_up` and `texts_too_long`, where there is what they count: for the rows()
 * of a handler. */
void expr_rows(const struct expr_failures *failures, row_emit emit, void *data);
