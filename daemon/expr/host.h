// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a handler's expressions can name is what its host knows. */

#include "expr/expr.h"
#include "record/handler.h"

static inline struct expr_scope expr_scope_of(const struct handler_host *host)
{
    return (struct expr_scope){.schema = host->schema, .siblings = host->siblings};
}
