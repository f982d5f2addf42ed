// SPDX-License-Identifier: Apache-2.0
#include "schema/ctype_builder.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "schema/ctype_schema.h"

int builder_refuse_memory(const struct schema_builder *builder)
{
    return error_set(builder->error, -ENOMEM, "%s: out of memory", builder->schema->type_name);
}

int builder_keep(struct schema_builder *builder, const char *text, const char **ret_kept)
{
    builder->n_bytes += strlen(text) + 1;
    if (builder->n_bytes > CTYPE_SCHEMA_NAMES_MAX)
        return error_set(builder->error, -E2BIG,
                         "%s: the names of its members take more than %d MiB, the most allowed",
                         builder->schema->type_name, CTYPE_SCHEMA_NAMES_MAX >> 20);
    if (!printable(text))
        return error_set(builder->error, -EINVAL,
                         "%s: the name \"%s\" holds control characters or is not valid UTF-8",
                         builder->schema->type_name, text);
    *ret_kept = schema_keep(builder->schema, text);
    return *ret_kept ? 0 : builder_refuse_memory(builder);
}

static int compare_kept(const void *a, const void *b)
{
    const char *x = (const char *)((const struct kept_type *)a)->type;
    const char *y = (const char *)((const struct kept_type *)b)->type;

    return x < y ? -1 : x > y;
}

/* What is kept of that type, at first nothing; NULL: out of memory, which was reported. */
struct kept_type *builder_keep_type(struct schema_builder *builder, const struct ctype *type)
{
    const struct kept_type key = {.type = type};
    struct kept_type **found = tfind(&key, &builder->kept, compare_kept), *kept;

    if (found)
        return *found;
    kept = malloc(sizeof(*kept));
    if (kept)
        *kept = key;
    if (kept && tsearch(kept, &builder->kept, compare_kept))
        return kept;
    free(kept);
    builder_refuse_memory(builder);
    return NULL;
}

/* The type's C spelling, without typedefs' targets. */
int builder_keep_spelling(struct schema_builder *builder, const struct ctype *type,
                          const char **ret_spelling)
{
    struct kept_type *kept = builder_keep_type(builder, type);
    char spelling[CTYPE_SPELLING_MAX];
    int r = 0;

    if (!kept)
        return -ENOMEM;
    if (!kept->spelling) {
        ctype_spell(type, spelling);
        r = builder_keep(builder, spelling, &kept->spelling);
    }
    *ret_spelling = kept->spelling;
    return r;
}

int field_list_add(const struct schema_builder *builder, struct field_list *list,
                   const struct field *field)
{
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct field *fields = reallocarray(list->fields, room, sizeof(*fields));

        if (!fields)
            return builder_refuse_memory(builder);
        list->fields = fields;
        list->room = room;
    }
    list->fields[list->used++] = *field;
    return 0;
}

struct field *field_list_keep(const struct schema_builder *builder, const struct field_list *list)
{
    struct field *kept = schema_keep_array(builder->schema, list->used, sizeof(*kept));

    if (!kept)
        builder_refuse_memory(builder);
    else if (list->used > 0)
        memcpy(kept, list->fields, list->used * sizeof(*kept));
    return kept;
}

void field_list_deinit(struct field_list *list)
{
    free(list->fields);
}
