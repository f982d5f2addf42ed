// SPDX-License-Identifier: Apache-2.0

/* Columns are numbered through a whole chain: a handler only ever adds some, so those of the
 * handlers before it stay where they are. */

#include "record/derive.h"

#include <errno.h>
#include <string.h>

const struct field derive_text = {.kind = FIELD_CHARS, .type_name = "text"};
const struct field derive_count = {.kind = FIELD_UINT, .size = 8, .type_name = "__u64"};
const struct field derive_weight = {
    .kind = FIELD_UINT, .meaning = MEANING_WEIGHT, .size = 8, .type_name = "__u64"};
const struct field derive_signed = {
    .kind = FIELD_INT, .is_signed = true, .size = 8, .type_name = "__s64"};
const struct field derive_bool = {.kind = FIELD_BOOL, .size = 1, .type_name = "bool"};

struct schema *derive_schema(const struct schema *from, uint32_t more)
{
    struct schema *schema = schema_new(from->type_name, from->n_fields + more);

    if (!schema)
        return NULL;
    schema->size = from->size;
    schema->n_columns = from->n_columns;
    schema->hidden = from->hidden;
    schema->hidden_bytes = from->hidden_bytes;
    schema->n_fields = from->n_fields;
    if (from->n_fields > 0)
        memcpy(schema->fields, from->fields, from->n_fields * sizeof(*from->fields));
    return schema;
}

int derive_column(struct schema *schema, const char *name, const struct field *like,
                  const struct config_node *node, struct diag *diag)
{
    struct field *field = (struct field *)schema_find(schema, name);
    const char *kept = schema_keep(schema, name);

    if (schema->n_columns == BATCH_COLUMNS_MAX) {
        diag_add(diag, node, "too many added fields; the handlers of a pipeline can add at most %d",
                 BATCH_COLUMNS_MAX);
        return -ENOSPC;
    }
    if (!kept)
        return -ENOMEM;
    if (!field)
        field = &schema->fields[schema->n_fields++];
    *field = *like;
    field->name = kept;
    field->column = (uint16_t)++schema->n_columns;
    return field->column;
}

int derive_new_column(struct schema *schema, const char *name, const struct field *like,
                      const struct config_node *node, struct diag *diag)
{
    if (!schema_find(schema, name))
        return derive_column(schema, name, like, node, diag);
    diag_add_key(diag, node, "%s already has a field %s; choose another name", schema->type_name,
                 name);
    return -EEXIST;
}
