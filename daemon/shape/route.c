// SPDX-License-Identifier: Apache-2.0

/* The batch's selection is cut in two again and again: those for which a case's condition holds,
 * which go into its branch, and the rest, which the next case gets.
 *
 *     came in   0 1 2 3 4 5
 *     case 0      1   3        rest   0 2 4 5
 *     case 1    0              rest   2 4 5
 *     default   2 4 5 */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/setting.h"
#include "expr/handler_expr.h"

enum { ROUTE_CASES_MAX = 16 };

enum { LABEL_MAX = 16 };

struct case_config {
    const char *when;
    const struct config_node *handlers;
};

struct branch_case {
    struct expr *when; /* NULL: whatever is left */
    struct branch *branch;
};

struct route_handler {
    struct handler base;
    struct branch_case cases[ROUTE_CASES_MAX];
    uint32_t n_cases;
    uint16_t rest[BATCH_MAX]; /* of the selection, that no case has taken yet */
};

/* Of one entry of the list. */
static const struct setting route_settings[] = {
    {
        .name = "when",
        .type = SETTING_TEXT,
        .offset = offsetof(struct case_config, when),
        .minimum = 1,
        .doc = "the condition for this branch; optional in the last branch",
    },
    {
        .name = "handlers",
        .type = SETTING_NODE,
        .offset = offsetof(struct case_config, handlers),
        .required = true,
        .doc = "the branch's steps, as in a pipeline; the last one must be forward or route",
    },
    {0},
};

static void route_close(struct handler *handler)
{
    struct route_handler *route = (struct route_handler *)handler;

    if (!route)
        return;
    for (uint32_t i = 0; i < route->n_cases; i++)
        expr_free(route->cases[i].when);
    free(route);
}

static int open_condition(struct branch_case *branch_case, const struct config_node *entry,
                          const struct handler_host *host, struct diag *diag)
{
    const struct config_node *when = config_map_get(entry, "when");
    const struct expr_scope scope = expr_scope_of(host);
    struct expr_error error;
    int result;

    if (!when && entry->next) {
        diag_add(diag, entry, "when: is required in every branch but the last");
        return -EINVAL;
    }
    if (!when)
        return 0;
    result = expr_compile(when->text, &scope, &error, &branch_case->when);
    if (result < 0)
        expr_report(&error, when, diag);
    return result;
}

static int open_case(struct route_handler *route, const struct config_node *entry,
                     const struct handler_host *host, struct diag *diag)
{
    struct branch_case *branch_case = &route->cases[route->n_cases];
    struct case_config bound;
    char label[LABEL_MAX];
    int result;

    if (setting_bind(route_settings, entry, &bound, diag) > 0)
        return -EINVAL;
    snprintf(label, sizeof(label), "route[%u]", route->n_cases++);
    result = open_condition(branch_case, entry, host, diag);
    branch_case->branch = host->branch(host, bound.handlers, label, diag);
    return branch_case->branch ? result : -EINVAL;
}

static int open_cases(struct route_handler *route, const struct config_node *config,
                      const struct handler_host *host, struct diag *diag)
{
    int result = 0;

    if (config->kind != CONFIG_LIST || config->count == 0 || config->count > ROUTE_CASES_MAX) {
        diag_add(diag, config,
                 "expected a list of 1 to %d branches, as in [{when: uid == 0, handlers: [...]}]",
                 ROUTE_CASES_MAX);
        return -EINVAL;
    }
    for (const struct config_node *entry = config->first; entry; entry = entry->next) {
        int opened = open_case(route, entry, host, diag);

        result = opened < 0 ? opened : result;
    }
    return result;
}

static int route_open(const struct config_node *config, const struct handler_host *host,
                      struct diag *diag, struct handler **ret)
{
    struct route_handler *route = calloc(1, sizeof(*route));
    int result;

    if (!route)
        return -ENOMEM;
    route->base.ops = &route_ops;
    result = open_cases(route, config, host, diag);
    if (result < 0) {
        route_close(&route->base);
        return result;
    }
    *ret = &route->base;
    return 0;
}

/* ---- on the way ------------------------------------------------------------------------------ */

/* Leaves in rest what is not in the batch's selection, which is a part of it. Both ascend. */
static uint32_t subtract(uint16_t *rest, uint32_t n_rest, const struct batch *batch)
{
    uint32_t kept = 0, next = 0;

    for (uint32_t i = 0; i < n_rest; i++) {
        if (next < batch->selected && batch->selection[next] == rest[i])
            next++;
        else
            rest[kept++] = rest[i];
    }
    return kept;
}

static void route_process(struct handler *handler, struct batch *batch)
{
    struct route_handler *route = (struct route_handler *)handler;
    const struct schema *schema = batch->schema;
    uint32_t n_rest = batch->selected, routed = 0;

    memcpy(route->rest, batch->selection, n_rest * sizeof(*route->rest));
    for (uint32_t i = 0; i < route->n_cases && n_rest > 0; i++) {
        memcpy(batch->selection, route->rest, n_rest * sizeof(*route->rest));
        batch->selected = n_rest;
        batch->schema = schema;
        if (route->cases[i].when)
            expr_select(route->cases[i].when, batch);
        routed += batch->selected;
        n_rest = subtract(route->rest, n_rest, batch);
        route->cases[i].branch->run(route->cases[i].branch, batch, false);
    }
    batch->failed = 0;
    batch->forwarded = routed;
}

static void route_rows(const struct handler *handler, row_emit emit, void *data)
{
    const struct route_handler *route = (const struct route_handler *)handler;
    struct expr_failures failures = {0};

    for (uint32_t i = 0; i < route->n_cases; i++)
        expr_add_failures(route->cases[i].when, &failures);
    expr_rows(&failures, emit, data);
}

const struct handler_ops route_ops = {
    .name = "route",
    .doc = "sends each record to the first branch whose condition it meets",
    .removes = BOOK_FILTERED,
    .settings = route_settings,
    .reads_fields = true,
    .divides = true,
    .open = route_open,
    .process = route_process,
    .rows = route_rows,
    .close = route_close,
};
