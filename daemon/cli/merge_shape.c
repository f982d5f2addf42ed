// SPDX-License-Identifier: Apache-2.0

#include "cli/merge_shape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/groups.h"
#include "config/tree.h"
#include "expr/expr.h"

enum { PART_MAX = 16, NAMES_MAX = 400 };

const struct config_node *merge_shape_node(const struct merge_shape *shape)
{
    return shape->tree->root;
}

void merge_shape_deinit(struct merge_shape *shape)
{
    for (uint32_t i = 0; i < shape->n_values; i++)
        value_close(&shape->values[i]);
    key_free(shape->key);
    schema_free(shape->schema);
    config_tree_free(shape->tree);
    free(shape->columns);
    free(shape->told);
    memset(shape, 0, sizeof(*shape));
}

/* ---- building -------------------------------------------------------------------------------- */

/* The columns get made-up names, since a name of the row may be a keyword of expressions. */
static int build_schema(struct merge_shape *shape, const struct row_form *form)
{
    shape->schema = schema_new("a row", form->n_keys);
    shape->columns = calloc(form->n_keys, sizeof(*shape->columns));
    if (!shape->schema || !shape->columns)
        return -ENOMEM;
    for (uint32_t i = 0; i < form->n_keys; i++) {
        struct field *field = &shape->schema->fields[i];
        char name[PART_MAX];

        snprintf(name, sizeof(name), "part%u", i);
        *field = form->keys[i].field;
        field->name = schema_keep(shape->schema, name);
        field->column = (uint16_t)(i + 1);
        if (!field->name)
            return -ENOMEM;
    }
    shape->schema->n_fields = shape->schema->n_columns = form->n_keys;
    return 0;
}

static int build_key(struct merge_shape *shape, const struct row_form *form)
{
    const char *texts[KEY_PARTS_MAX];
    const struct config_node *nodes[KEY_PARTS_MAX];
    struct setting_texts by = {texts, nodes, form->n_keys};
    struct expr_scope scope = {0};
    struct diag diag;
    int result;

    shape->n_keys = form->n_keys;
    if (form->n_keys == 0)
        return 0;
    result = build_schema(shape, form);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < form->n_keys; i++) {
        strcpy(shape->key_names[i], form->keys[i].name);
        texts[i] = shape->schema->fields[i].name;
        nodes[i] = merge_shape_node(shape);
    }
    scope.schema = shape->schema;
    diag_init(&diag);
    result = key_open(&by, &scope, key_seed(), &diag, &shape->key);
    diag_deinit(&diag);
    return result;
}

static bool states_match(const struct value *one, const struct value *other)
{
    return one->ops == other->ops && one->type == other->type &&
           one->quantile.error == other->quantile.error &&
           one->quantile.bins == other->quantile.bins;
}

static int build_value(struct merge_shape *shape, uint32_t index, size_t *at)
{
    const struct row_form_value *told = &shape->told[index];
    struct value *value = &shape->values[shape->n_values++];
    const struct value *other;
    struct diag diag;
    int result;

    diag_init(&diag);
    result = value_open_remote(told->name, told->call, told->has_argument ? &told->argument : NULL,
                               merge_shape_node(shape), &diag, value);
    diag_deinit(&diag);
    if (result < 0)
        return result;
    value->offset = (uint32_t)*at;
    if (told->shares) {
        other = &shape->values[told->shares - 1];
        if (other->size == 0 || !states_match(value, other))
            return -EINVAL;
        value->size = 0;
        value->offset = other->offset;
    }
    *at += value->size;
    return 0;
}

static bool names_differ(const struct row_form *form)
{
    static const char *const own[] = {"_start",     "_end",      "_partial", "_other",
                                      "_saturated", "_sketches", NULL};
    const char *names[KEY_PARTS_MAX + VALUES_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < form->n_keys; i++)
        names[count++] = form->keys[i].name;
    for (uint32_t i = 0; i < form->n_values; i++)
        names[count++] = form->values[i].name;
    for (uint32_t i = 0; i < count; i++) {
        for (const char *const *name = own; *name; name++)
            if (strcmp(*name, names[i]) == 0)
                return false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return false;
    }
    return true;
}

int merge_shape_init(struct merge_shape *shape, const struct row_form *form, struct error *error)
{
    size_t at;
    int result;

    if (!names_differ(form))
        return error_set(error, -EINVAL, "_sketches is damaged: two fields have the same name");
    strcpy(shape->source, form->source);
    shape->told = calloc(form->n_values, sizeof(*shape->told));
    shape->tree = config_tree_new("sketches");
    if (!shape->tree || !config_add_root(shape->tree) || !shape->told)
        return error_set(error, -ENOMEM, "out of memory");
    memcpy(shape->told, form->values, form->n_values * sizeof(*shape->told));
    result = build_key(shape, form);
    if (result < 0)
        return error_set(error, result, "_sketches is damaged: the group key");
    at = shape->states_offset = groups_state_offset(shape->key);
    for (uint32_t i = 0; i < form->n_values; i++)
        if (build_value(shape, i, &at) < 0)
            return error_set(error, -EINVAL, "_sketches is damaged: the value %s",
                             form->values[i].name);
    shape->states_size = at - shape->states_offset;
    return 0;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool fields_match(const struct field *one, const struct field *other)
{
    return one->kind == other->kind && one->meaning == other->meaning &&
           (one->size == other->size || one->kind == FIELD_CHARS);
}

static const char *list_names(const char *first, size_t step, uint32_t count, char *out)
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < count && used < NAMES_MAX - 80; i++)
        used += (size_t)snprintf(out + used, NAMES_MAX - used, "%s%s", i > 0 ? ", " : "",
                                 first + i * step);
    return count > 0 ? out : "nothing";
}

static int check_keys(const struct merge_shape *shape, const struct row_form *form,
                      const char *place, struct error *error)
{
    char here[NAMES_MAX], there[NAMES_MAX];
    bool same = shape->n_keys == form->n_keys;

    for (uint32_t i = 0; i < form->n_keys && same; i++)
        same = strcmp(shape->key_names[i], form->keys[i].name) == 0;
    if (!same)
        return error_set(
            error, -EINVAL, "its groups are by %s, but by %s in %s",
            list_names(form->keys[0].name, sizeof(form->keys[0]), form->n_keys, here),
            list_names(shape->key_names[0], sizeof(shape->key_names[0]), shape->n_keys, there),
            place);
    for (uint32_t i = 0; i < form->n_keys; i++)
        if (!fields_match(&shape->schema->fields[i], &form->keys[i].field))
            return error_set(error, -EINVAL, "%s has another type than in %s", form->keys[i].name,
                             place);
    return 0;
}

/* Compares what is computed and not the names of fields: quantile(LATENCY, 0.99) and
 * quantile(time, 0.99) merge. */
static bool calls_match(const struct value *one, const struct value *other)
{
    return states_match(one, other) && one->bits == other->bits &&
           one->fraction == other->fraction && one->shown == other->shown &&
           one->top.entries == other->top.entries && one->n_bounds == other->n_bounds &&
           memcmp(one->bounds, other->bounds, one->n_bounds * sizeof(*one->bounds)) == 0;
}

static int check_value(const struct merge_shape *shape, const struct row_form *form, uint32_t index,
                       const char *place, struct error *error)
{
    const struct row_form_value *told = &shape->told[index], *here = &form->values[index];
    struct value value;
    struct diag diag;
    bool same;

    if (strcmp(told->call, here->call) == 0 && told->shares == here->shares &&
        told->has_argument == here->has_argument &&
        (!told->has_argument || fields_match(&told->argument, &here->argument)))
        return 0;
    diag_init(&diag);
    same = value_open_remote(here->name, here->call, here->has_argument ? &here->argument : NULL,
                             merge_shape_node(shape), &diag, &value) == 0 &&
           calls_match(&value, &shape->values[index]) && told->shares == here->shares &&
           told->has_argument == here->has_argument;
    diag_deinit(&diag);
    value_close(&value);
    if (!same)
        return error_set(error, -EINVAL, "cannot merge %s: it is %.100s here, but %.100s in %s",
                         here->name, here->call, told->call, place);
    if (told->has_argument && !fields_match(&told->argument, &here->argument))
        return error_set(error, -EINVAL, "%s is computed from another type than in %s", here->name,
                         place);
    return 0;
}

int merge_shape_check(const struct merge_shape *shape, const struct row_form *form,
                      const char *place, struct error *error)
{
    char here[NAMES_MAX], there[NAMES_MAX];
    int result = check_keys(shape, form, place, error);
    bool same = shape->n_values == form->n_values;

    if (result < 0)
        return result;
    if (strcmp(shape->source, form->source) != 0)
        return error_set(error, -EINVAL, "it is of the source %s, but of %s in %s", form->source,
                         shape->source, place);
    for (uint32_t i = 0; i < form->n_values && same; i++)
        same = strcmp(shape->told[i].name, form->values[i].name) == 0;
    if (!same)
        return error_set(
            error, -EINVAL, "its values are %s, but %s in %s",
            list_names(form->values[0].name, sizeof(form->values[0]), form->n_values, here),
            list_names(shape->told[0].name, sizeof(shape->told[0]), shape->n_values, there), place);
    for (uint32_t i = 0; i < form->n_values && result == 0; i++)
        result = check_value(shape, form, i, place, error);
    return result;
}

void merge_shape_fill(struct merge_shape *shape, const struct row_form *form, struct batch *batch)
{
    batch->schema = shape->schema;
    batch_select_all(batch);
    for (uint32_t i = 0; i < form->n_keys; i++) {
        const struct row_form_key *key = &form->keys[i];
        struct column *column = &shape->columns[i];

        if (key->field.kind == FIELD_CHARS || key->field.kind == FIELD_BYTES)
            column->texts[0] = key->text;
        else
            column->integers[0] = key->bits;
        column_set_null(column, 0, key->null);
        batch->columns[i] = column;
    }
}
