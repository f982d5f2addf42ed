// SPDX-License-Identifier: Apache-2.0

/* A name follows the field that it belongs to, also inside of structs, so that the
 * output looks the same whether a step has read it or not. Members of arrays have no columns. */

#include "record/name_columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/resolver.h"
#include "record/derive.h"
#include "record/handler.h"
#include "record/value_name.h"

struct name_column {
    const struct field *field; /* whose names they are */
    struct value_name name;
    uint32_t number; /* of the column, counted from 1 */
    uint32_t room;   /* bytes of a name at most */
    char *names;     /* HANDLER_BATCH_MAX times so many */
    struct column values;
};

struct name_columns {
    struct schema *schema;
    struct resolver_port *port; /* NULL: no ids */
    uint32_t n;
    struct name_column *columns[NAME_COLUMNS_MAX];
};

void name_columns_free(struct name_columns *names)
{
    if (!names)
        return;
    for (uint32_t i = 0; i < names->n; i++) {
        free(names->columns[i]->names);
        free(names->columns[i]);
    }
    resolver_leave(names->port);
    schema_free(names->schema);
    free(names);
}

const struct schema *name_columns_schema(const struct name_columns *names)
{
    return names->schema;
}

/* ---- the schema ------------------------------------------------------------------------------ */

struct builder {
    struct name_columns *names;
    const struct name_mentions *about;
    struct diag *diag;
    bool has_ids;
    bool has_cgroups;
};

static bool is_struct(const struct field *field)
{
    return field->kind == FIELD_STRUCT || field->kind == FIELD_UNION;
}

/* in_cgroup() reads the path of the cgroup without naming it. */
static bool is_mentioned(const struct name_mentions *about, const struct value_name *name,
                         const char *key)
{
    return about->mentions(about, key) ||
           (name->form == VALUE_NAME_ID && name->kind == RESOLVER_CGROUP &&
            about->mentions(about, "in_cgroup"));
}

/* The nth name of the field, if it is mentioned and none of the fields beside it. The caller frees
 * it. 1: there is one; 0: pass over it; -ENOENT: there are no more; -ENOMEM. */
static int find_wanted(const struct builder *builder, const struct field *fields, uint32_t count,
                       const struct field *field, uint32_t nth, struct value_name *ret, char **key)
{
    if (!value_name_of(field, nth, ret))
        return -ENOENT;
    *key = value_name_key(ret, field->name);
    if (!*key)
        return -ENOMEM;
    return is_mentioned(builder->about, ret, *key) &&
           !field_among(fields, count, *key, strlen(*key));
}

/* How many names are wanted on this level and below. Below 0: -ENOMEM. */
static int count_wanted(const struct builder *builder, const struct field *fields, uint32_t count)
{
    int sum = 0;

    for (uint32_t i = 0; i < count && sum >= 0; i++) {
        int r = is_struct(&fields[i])
                    ? count_wanted(builder, fields[i].members, fields[i].n_members)
                    : 0;

        sum = r < 0 ? r : sum + r;
        for (uint32_t nth = 0; sum >= 0; nth++) {
            _cleanup_(cleanup_free) char *key = NULL;
            struct value_name name;

            r = find_wanted(builder, fields, count, &fields[i], nth, &name, &key);
            if (r == -ENOENT)
                break;
            sum = r < 0 ? r : sum + r;
        }
    }
    return sum;
}

static uint32_t room_of(const struct value_name *name)
{
    switch (name->form) {
    case VALUE_NAME_ID:
        return RESOLVER_NAME_MAX;
    case VALUE_NAME_NUMBER:
        return 0; /* they are where they are */
    default:
        return VALUE_NAME_MAX;
    }
}

static int add_column(struct builder *builder, const struct field *field,
                      const struct value_name *name, const char *key, struct field *ret)
{
    struct name_columns *names = builder->names;
    struct schema *schema = names->schema;
    struct name_column *column = calloc(1, sizeof(*column));

    if (!column)
        return -ENOMEM;
    names->columns[names->n++] = column;
    column->field = field;
    column->name = *name;
    column->room = room_of(name);
    column->names = column->room ? malloc((size_t)HANDLER_BATCH_MAX * column->room) : NULL;
    column->number = ++schema->n_columns;
    *ret = derive_text;
    ret->name = schema_keep(schema, key);
    ret->name_of = schema_keep(schema, field->name);
    ret->column = (uint16_t)column->number;
    builder->has_ids |= name->form == VALUE_NAME_ID;
    builder->has_cgroups |= name->form == VALUE_NAME_ID && resolver_is_of_cgroup(name->kind);
    return ret->name && ret->name_of && (!column->room || column->names) ? 0 : -ENOMEM;
}

static int add_names(struct builder *builder, const struct field *fields, uint32_t count,
                     const struct field *field, struct field *to, uint32_t *n_to)
{
    for (uint32_t nth = 0;; nth++) {
        _cleanup_(cleanup_free) char *key = NULL;
        struct value_name name;
        int r = find_wanted(builder, fields, count, field, nth, &name, &key);

        if (r > 0)
            r = add_column(builder, field, &name, key, &to[(*n_to)++]);
        if (r < 0)
            return r == -ENOENT ? 0 : r;
    }
}

static int copy_level(struct builder *builder, const struct field *from, uint32_t n_from,
                      struct field *to, uint32_t *ret_n)
{
    int r = 0;

    *ret_n = 0;
    for (uint32_t i = 0; i < n_from && r == 0; i++) {
        struct field *copy = &to[(*ret_n)++];
        int more =
            is_struct(&from[i]) ? count_wanted(builder, from[i].members, from[i].n_members) : 0;

        *copy = from[i];
        if (more > 0) {
            struct field *members = schema_keep_array(
                builder->names->schema, from[i].n_members + (size_t)more, sizeof(*members));

            r = members ? copy_level(builder, from[i].members, from[i].n_members, members,
                                     &copy->n_members)
                        : -ENOMEM;
            copy->members = members;
        }
        if (r == 0)
            r = more < 0 ? more : add_names(builder, from, n_from, &from[i], to, ret_n);
    }
    return r;
}

static int check_count(const struct builder *builder, const struct schema *schema, int wanted)
{
    if (wanted <= NAME_COLUMNS_MAX && schema->n_columns + (uint32_t)wanted <= BATCH_COLUMNS_MAX)
        return 0;
    diag_add(builder->diag, builder->about->config,
             "too many added fields, of which %d are names; the handlers of a pipeline can add at "
             "most %d, and %d names in one step",
             wanted, BATCH_COLUMNS_MAX, NAME_COLUMNS_MAX);
    return -ENOSPC;
}

static int build(struct builder *builder, const struct schema *schema, uint32_t wanted,
                 struct resolver *resolver)
{
    struct name_columns *names = builder->names;
    int r;

    names->schema = schema_new(schema->type_name, schema->n_fields + wanted);
    if (!names->schema)
        return -ENOMEM;
    names->schema->size = schema->size;
    names->schema->n_columns = schema->n_columns;
    names->schema->hidden = schema->hidden;
    names->schema->hidden_bytes = schema->hidden_bytes;
    r = copy_level(builder, schema->fields, schema->n_fields, names->schema->fields,
                   &names->schema->n_fields);
    if (r == 0 && builder->has_cgroups && resolver)
        resolver_want_cgroups(resolver);
    return r == 0 && builder->has_ids && resolver ? resolver_join(resolver, &names->port) : r;
}

int name_columns_new(const struct schema *schema, const struct name_mentions *about,
                     struct resolver *resolver, struct diag *diag, struct name_columns **ret)
{
    struct builder builder = {.about = about, .diag = diag};
    int wanted = count_wanted(&builder, schema->fields, schema->n_fields);
    int r = wanted < 0 ? wanted : check_count(&builder, schema, wanted);

    *ret = NULL;
    if (r < 0 || wanted == 0)
        return r;
    builder.names = calloc(1, sizeof(*builder.names));
    r = builder.names ? build(&builder, schema, (uint32_t)wanted, resolver) : -ENOMEM;
    if (r == 0)
        *ret = builder.names;
    else
        name_columns_free(builder.names);
    return r;
}

/* ---- on a record's way ----------------------------------------------------------------------- */

static struct text find_name(struct name_columns *names, const struct name_column *column,
                             const struct batch *batch, uint32_t index)
{
    char *room = column->names + (size_t)index * column->room;
    struct resolver_name known;
    uint64_t bits;

    if (!batch_present(batch, column->field, index))
        return (struct text){0};
    bits = batch_integer(batch, column->field, index);
    if (column->name.form != VALUE_NAME_ID)
        return value_name_text(&column->name, column->field, bits, room);
    if (!names->port || !resolver_find(names->port, column->name.kind,
                                       value_name_id(&column->name, column->field, bits), &known))
        return (struct text){0};
    memcpy(room, known.bytes, known.length);
    return (struct text){room, known.length};
}

static void fill(struct name_columns *names, struct name_column *column, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];
        struct text name = find_name(names, column, batch, index);

        column_set_null(&column->values, index, !name.bytes);
        column->values.texts[index] = name;
    }
}

void name_columns_fill(struct name_columns *names, struct batch *batch)
{
    if (names->port)
        resolver_begin(names->port);
    for (uint32_t i = 0; i < names->n; i++) {
        fill(names, names->columns[i], batch);
        batch->columns[names->columns[i]->number - 1] = &names->columns[i]->values;
    }
    if (names->port)
        resolver_end(names->port);
    batch->schema = names->schema;
}
