// SPDX-License-Identifier: Apache-2.0

/* A row is made when it is put out, not before: until then a group is nothing but its states. */

#include "aggregate/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "record/derive.h"

static const struct field time_field = {
    .kind = FIELD_UINT, .meaning = MEANING_UNIX_NS, .size = 8, .type_name = "__u64"};

static const struct field sketches_field = {
    .kind = FIELD_CHARS, .type_name = "char[]", .repeats = true};

enum { FIXED_COLUMNS = 6, COLUMN_START = 0, COLUMN_END = 1 };

/* The three that are at the end. */
enum { LAST_PARTIAL, LAST_OTHER, LAST_SATURATED };

static uint32_t n_parts(const struct rows *rows)
{
    return rows->key ? key_parts(rows->key) : 0;
}

static int add_column(struct rows *rows, const char *name, const struct field *like,
                      const struct config_node *node, struct diag *diag)
{
    if (strlen(name) == 0)
        return -EINVAL;
    return derive_new_column(rows->schema, name, like, node, diag);
}

/* A list's field and those of its elements move to their place in the row. */
static int add_list(struct rows *rows, struct value *value, uint32_t index,
                    const struct config_node *node, struct diag *diag)
{
    struct field *field = &rows->schema->fields[rows->schema->n_fields];
    uint32_t place = rows->row_size;

    if (schema_find(rows->schema, value->name)) {
        diag_add_key(diag, node, "two fields of a row have the name %s; rename one", value->name);
        return -EEXIST;
    }
    for (uint32_t i = 0; i < sizeof(value->members) / sizeof(value->members[0]); i++)
        value->members[i].offset += place;
    *field = value->result;
    field->name = value->name;
    field->offset += place;
    rows->list_offsets[index] = place;
    rows->row_size += (value->row_bytes + 7) / 8 * 8;
    rows->schema->n_fields++;
    return 0;
}

static int add_fields(struct rows *rows, const char *const *names, struct value *values,
                      const struct config_node *node, struct diag *diag)
{
    int result = add_column(rows, "_start", &time_field, node, diag);

    if (result >= 0)
        result = add_column(rows, "_end", &time_field, node, diag);
    for (uint32_t i = 0; i < n_parts(rows) && result >= 0; i++)
        result = add_column(rows, names[i], key_field(rows->key, i), node, diag);
    for (uint32_t i = 0; i < rows->n_values && result >= 0; i++) {
        if (values[i].row_bytes > 0) {
            result = add_list(rows, &values[i], i, node, diag);
            continue;
        }
        result = add_column(rows, values[i].name, &values[i].result, node, diag);
        rows->value_columns[i] = result > 0 ? (uint32_t)result : 0;
    }
    if (result >= 0 && rows->emits)
        result = add_column(rows, "_sketches", &sketches_field, node, diag);
    if (result >= 0)
        result = add_column(rows, "_partial", &derive_bool, node, diag);
    if (result >= 0)
        result = add_column(rows, "_other", &derive_bool, node, diag);
    if (result >= 0)
        result = add_column(rows, "_saturated", &derive_bool, node, diag);
    return result < 0 ? result : 0;
}

int rows_init(struct rows *rows, const struct key *key, const char *const *names,
              struct value *values, uint32_t n_values, bool emits, const struct config_node *node,
              struct diag *diag)
{
    uint32_t n_fields = FIXED_COLUMNS + KEY_PARTS_MAX + n_values;
    int result;

    memset(rows, 0, sizeof(*rows));
    rows->key = key;
    rows->values = values;
    rows->n_values = n_values;
    rows->emits = emits;
    rows->schema = schema_new("an aggregate", n_fields);
    rows->value_columns = calloc(n_values + 1, sizeof(*rows->value_columns));
    rows->list_offsets = calloc(n_values + 1, sizeof(*rows->list_offsets));
    if (!rows->schema || !rows->value_columns || !rows->list_offsets)
        return -ENOMEM;
    rows->schema->n_fields = 0;
    result = add_fields(rows, names, values, node, diag);
    if (result < 0)
        return result;
    rows->schema->size = rows->row_size;
    rows->columns = calloc(rows->schema->n_columns, sizeof(*rows->columns));
    rows->memory = calloc(ROWS_MAX, rows->row_size + 1);
    return rows->columns && rows->memory ? 0 : -ENOMEM;
}

void rows_deinit(struct rows *rows)
{
    schema_free(rows->schema);
    free(rows->value_columns);
    free(rows->list_offsets);
    free(rows->columns);
    free(rows->memory);
    free(rows->form);
    free(rows->forms);
    memset(rows, 0, sizeof(*rows));
}

int rows_set_origin(struct rows *rows, const char *source, const struct wall_offset *wall,
                    bool overlaps)
{
    size_t most;

    rows->head = (struct row_form_head){.source = source,
                                        .schema = rows->schema,
                                        .n_keys = n_parts(rows),
                                        .values = rows->values,
                                        .n_values = rows->n_values,
                                        .wall = wall,
                                        .overlaps = overlaps};
    most = row_form_max(&rows->head);
    rows->form_room = base64_length(most);
    rows->form = malloc(most);
    rows->forms = malloc(ROWS_MAX * rows->form_room);
    return rows->form && rows->forms ? 0 : -ENOMEM;
}

void rows_clear(struct rows *rows)
{
    rows->count = 0;
}

static void put(struct column *column, uint32_t row, uint64_t value)
{
    column->integers[row] = value;
    column_set_null(column, row, false);
}

static void put_key(struct rows *rows, const struct group *group, uint32_t row)
{
    for (uint32_t i = 0; i < n_parts(rows); i++) {
        struct column *column = &rows->columns[2 + i];

        if (group->other)
            column_set_null(column, row, true);
        else
            key_fetch(rows->key, i, groups_key(group), row, column);
    }
}

static bool put_values(struct rows *rows, const struct group *group, uint32_t row, double seconds)
{
    bool saturated = false;

    for (uint32_t i = 0; i < rows->n_values; i++) {
        const struct value *value = &rows->values[i];
        struct value_output output = {
            .column = rows->value_columns[i] ? &rows->columns[rows->value_columns[i] - 1] : NULL,
            .index = row,
            .row = rows->memory + (size_t)row * rows->row_size + rows->list_offsets[i],
            .seconds = seconds,
            .saturated = &saturated,
        };

        value->ops->get(value, (const char *)group + value->offset, &output);
    }
    return saturated;
}

static void put_sketches(struct rows *rows, const struct group *group, uint32_t row,
                         const struct rows_window *window)
{
    const struct row_form_window told = {window->start, window->end, window->partial};
    struct column *column = &rows->columns[rows->schema->n_columns - 4];
    char *text = rows->forms + row * rows->form_room;
    size_t size = row_form_write(&rows->head, &told, group, rows->columns, row, rows->form);
    const char *end = base64_put(text, rows->form, size);

    column->texts[row] = (struct text){text, (uint32_t)(end - text)};
    column_set_null(column, row, false);
}

void rows_add(struct rows *rows, const struct group *group, const struct rows_window *window)
{
    uint32_t row = rows->count++;
    struct column *last = &rows->columns[rows->schema->n_columns - 3];
    bool saturated;

    put(&rows->columns[COLUMN_START], row, (uint64_t)window->start);
    put(&rows->columns[COLUMN_END], row, (uint64_t)window->end);
    put_key(rows, group, row);
    saturated = put_values(rows, group, row, window->seconds);
    if (rows->emits)
        put_sketches(rows, group, row, window);
    put(&last[LAST_PARTIAL], row, window->partial);
    put(&last[LAST_OTHER], row, group->other);
    put(&last[LAST_SATURATED], row, saturated);
    rows->views[row] = (struct ringmill_view){.data = rows->memory + (size_t)row * rows->row_size,
                                              .length = rows->row_size};
}

void rows_batch(const struct rows *rows, int64_t now, struct batch *ret_batch)
{
    ret_batch->schema = rows->schema;
    ret_batch->views = rows->views;
    ret_batch->count = rows->count;
    ret_batch->now = now;
    ret_batch->clocked = false;
    ret_batch->failed = ret_batch->forwarded = ret_batch->late = 0;
    batch_select_all(ret_batch);
    for (uint32_t i = 0; i < rows->schema->n_columns; i++)
        ret_batch->columns[i] = &rows->columns[i];
}

double rows_rank(const struct rows *rows, const struct field *field, uint32_t row)
{
    const struct column *column = &rows->columns[field->column - 1];

    if (column_is_null(column, row))
        return -INFINITY;
    if (field->kind == FIELD_FLOAT)
        return column->floats[row];
    return field->is_signed ? (double)(int64_t)column->integers[row]
                            : (double)column->integers[row];
}
