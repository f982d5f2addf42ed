// SPDX-License-Identifier: Apache-2.0

/* Where an error of an expression points. */

#include "expr/host.h"

#include "expr/defs.h"

void expr_report(const struct expr_error *error, const struct config_node *node, struct diag *diag)
{
    char path[CONFIG_PATH_MAX];

    if (error->told)
        return;
    if (!error->def) {
        diag_add_inside(diag, node, error->column, "%s", error->text);
        return;
    }
    config_node_path(node, path, sizeof(path));
    diag_add_inside(diag, error->def->node, error->column, "%s (used by %s, line %u)", error->text,
                    path, node->line);
}
