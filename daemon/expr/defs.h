// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Named expressions: what `defs:` of a config gives to all its expressions. A name of theirs comes
 * before a field of the same name. Each is parsed once, and typed again wherever it is used, by the
 * schema there. */

#include "base/cleanup.h"
#include "config/diag.h"
#include "config/node.h"
#include "expr/parse.h"

enum {
    EXPR_DEFS_MAX = 256,    /* named expressions */
    EXPR_DEF_NAME_MAX = 64, /* bytes of a name */
};

struct expr_def {
    const char *name;               /* borrowed, as all of the config */
    const struct config_node *node; /* where it is */
    struct tree tree;
};

struct expr_defs {
    const struct config_node *section; /* NULL: there is none */
    uint32_t n;
    struct expr_def defs[];
};

/* Reads the section, a map of texts by name; NULL: there is none. 0 and defs that the caller owns,
 * with all that could be read, also after messages in diag; -ENOMEM. The config must outlive them.
 */
int expr_defs_new(const struct config_node *section, struct diag *diag, struct expr_defs **ret);
/* Accepts NULL. */
void expr_defs_free(struct expr_defs *defs);
DEFINE_CLEANUP(struct expr_defs, expr_defs_free);

/* What the NODE_NAME stands for; NULL when it is not one of defs, which may be NULL. */
const struct expr_def *expr_defs_find(const struct expr_defs *defs, const struct node *node);
/* Whether the NODE_NAME is that of an expression that was refused, so that there is a message
 * already. */
bool expr_defs_refused(const struct expr_defs *defs, const struct node *node);
