// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What must hold of any schema, whatever it was read from: aborts where it does not. */

#include <stdlib.h>

#include "record/schema.h"

static inline void check_fields(const struct field *fields, uint32_t count, uint64_t end);

static inline void check_field(const struct field *field, uint64_t end)
{
    uint64_t behind = (uint64_t)field->offset + field->size;

    if (!field->name || !field->type_name || behind > end)
        abort();
    if (field->bits > 64 || field->shift > 7 ||
        (field->bits && field->size != (field->bits + field->shift + 7U) / 8))
        abort();
    for (uint32_t i = 0; i < field->n_names; i++)
        if (!field->names[i].name)
            abort();
    if (field->kind == FIELD_STRUCT || field->kind == FIELD_UNION)
        check_fields(field->members, field->n_members, behind);
    if (field->kind != FIELD_ARRAY)
        return;
    if (field->stride == 0 || field->size != (uint64_t)field->count * field->stride ||
        field->members->size != field->stride)
        abort();
    check_fields(field->members, 1, field->count ? behind : UINT32_MAX);
}

static inline void check_fields(const struct field *fields, uint32_t count, uint64_t end)
{
    for (uint32_t i = 0; i < count; i++)
        check_field(&fields[i], end);
}

static inline void check_schema(const struct schema *schema)
{
    if (!schema->type_name || schema->n_fields == 0)
        abort();
    check_fields(schema->fields, schema->n_fields, schema->size);
}
