// SPDX-License-Identifier: Apache-2.0

/* Where an error of an expression points, and what is shown of those that run. */

#include "expr/handler_expr.h"

#include "expr/defs.h"

void expr_report(const struct expr_error *error, const struct config_node *node, struct diag *diag)
{
    char path[CONFIG_PATH_MAX];

    if (error->reported)
        return;
    if (!error->def) {
        diag_add_inside(diag, node, error->column, "%s", error->text);
        return;
    }
    config_node_path(node, path, sizeof(path));
    diag_add_inside(diag, error->def->node, error->column, "%s (used by %s, line %u)", error->text,
                    path, node->line);
}

void expr_rows(const struct expr_failures *failures, row_emit emit, void *data)
{
    static const struct row matches = {
        .name = "matches_given_up",
        .unit = "",
        .kind = ROW_COUNT,
        .help = "Regular expression matches given up at a limit; they count as no match",
    };
    static const struct row copies = {
        .name = "texts_too_long",
        .unit = "",
        .kind = ROW_COUNT,
        .help = "Texts too long for lower() or upper(), whose result is null",
    };

    if (failures->has_patterns)
        emit(data, &matches, failures->matches);
    if (failures->has_copies)
        emit(data, &copies, failures->copies);
}
