// SPDX-License-Identifier: Apache-2.0

/* The registry: a new handler is a file pair and a row here. */

#include "pipeline/handlers.h"

#include <string.h>

#include "record/builtin_handlers.h"

const struct handler_ops *const handler_kinds[] = {
    &filter_ops, &limit_ops, &sample_ops, &dedup_ops,     &select_ops,  &redact_ops,
    &enrich_ops, &tee_ops,   &route_ops,  &aggregate_ops, &forward_ops, NULL,
};

const struct handler_ops *handler_find(const char *name)
{
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}
