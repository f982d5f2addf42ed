// SPDX-License-Identifier: Apache-2.0
#include "expr/defs.h"

#include <string.h>

const struct expr_def *expr_defs_find(const struct expr_defs *defs, const struct node *node)
{
    const struct text *name = &node->spelling;

    for (uint32_t i = 0; defs && !node->first && i < defs->n; i++) {
        if (strlen(defs->defs[i].name) == name->length &&
            memcmp(defs->defs[i].name, name->bytes, name->length) == 0)
            return &defs->defs[i];
    }
    return NULL;
}
