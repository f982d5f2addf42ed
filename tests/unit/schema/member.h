// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include "record/schema.h"

/* A FIELD_STRUCT's or FIELD_UNION's member; NULL when it has no such member. */
static inline const struct field *member_find(const struct field *parent, const char *name)
{
    for (uint32_t i = 0; i < parent->n_members; i++)
        if (strcmp(parent->members[i].name, name) == 0)
            return &parent->members[i];
    return NULL;
}
