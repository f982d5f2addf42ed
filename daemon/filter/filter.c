// SPDX-License-Identifier: Apache-2.0

/* Only the glue between the config, an expression and a batch; the language is in expr/. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "expr/handler_expr.h"

struct filter {
    struct handler base;
    struct expr *condition;
};

static void filter_close(struct handler *handler)
{
    struct filter *filter = (struct filter *)handler;

    if (!filter)
        return;
    expr_free(filter->condition);
    free(filter);
}

static int filter_open(const struct config_node *config, const struct handler_host *host,
                       struct diag *diag, struct handler **ret)
{
    _cleanup_(cleanup_free) struct filter *filter = calloc(1, sizeof(*filter));
    const struct expr_scope scope = expr_scope_of(host);
    struct expr_error error;
    int result;

    if (!filter)
        return -ENOMEM;
    if (config->kind != CONFIG_SCALAR || config_node_is_null(config)) {
        diag_add(diag, config, "expected a condition, as in uid == 0 && comm != \"cron\"");
        return -EINVAL;
    }
    result = expr_compile(config->text, &scope, &error, &filter->condition);
    if (result < 0) {
        expr_report(&error, config, diag);
        return result;
    }
    filter->base.ops = &filter_ops;
    *ret = &TAKE_PTR(filter)->base;
    return 0;
}

static void filter_process(struct handler *handler, struct batch *batch)
{
    expr_select(((struct filter *)handler)->condition, batch);
}

static void filter_rows(const struct handler *handler, row_emit emit, void *data)
{
    struct expr_failures failures = {0};

    expr_add_failures(((const struct filter *)handler)->condition, &failures);
    expr_rows(&failures, emit, data);
}

const struct handler_ops filter_ops = {
    .name = "filter",
    .doc = "keeps the records that meet a condition",
    .removes = BOOK_FILTERED,
    .reads_fields = true,
    .open = filter_open,
    .process = filter_process,
    .rows = filter_rows,
    .close = filter_close,
};
