// SPDX-License-Identifier: Apache-2.0

/* Types as nested objects, so that a program need not parse C. */

#include "cli/schema_list.h"

static const char *kind_name(enum field_kind kind)
{
    static const char *const names[] = {
        [FIELD_UINT] = "uint",   [FIELD_INT] = "int",       [FIELD_BOOL] = "bool",
        [FIELD_ENUM] = "enum",   [FIELD_FLOAT] = "float",   [FIELD_POINTER] = "pointer",
        [FIELD_CHARS] = "chars", [FIELD_TEXT] = "text",     [FIELD_TEXTS] = "texts",
        [FIELD_BYTES] = "bytes", [FIELD_STRUCT] = "struct", [FIELD_UNION] = "union",
        [FIELD_ARRAY] = "array",
    };

    return names[kind];
}

static void set_integer(json_t *object, const char *key, json_int_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

/* Names that are not UTF-8, which only a hostile file has, become null. */
static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    json_object_set_new(object, key, value ? value : json_null());
}

static json_t *list_fields(const struct field *fields, uint32_t count);

static json_t *list_values(const struct field *field)
{
    json_t *values = json_array();

    for (uint32_t i = 0; i < field->n_names; i++) {
        json_t *value = json_object();

        set_text(value, "name", field->names[i].name);
        set_integer(value, "value", field->names[i].value);
        json_array_append_new(values, value);
    }
    return values;
}

/* The arms that it is in, each with its tag. */
static json_t *list_guards(const struct field_guard *guard)
{
    json_t *guards = json_array();

    for (; guard; guard = guard->outer) {
        json_t *object = json_object(), *values = json_array();

        set_text(object, "field", guard->tag->name);
        for (uint32_t i = 0; i < guard->n_values; i++)
            json_array_append_new(values, json_integer(guard->values[i]));
        json_object_set_new(object, "values", values);
        json_array_append_new(guards, object);
    }
    return guards;
}

static void describe_others(const struct field *field, json_t *object)
{
    if (field->in_place)
        json_object_set_new(object, "in_place", json_true());
    if (field->by)
        set_text(object, "by", field->by->name);
    if (field->by_each)
        json_object_set_new(object, "by_bytes", json_true());
    if (field->guard)
        json_object_set_new(object, "if", list_guards(field->guard));
}

static json_t *describe(const struct field *field)
{
    json_t *object = json_object();

    if (*field->name)
        set_text(object, "name", field->name);
    set_text(object, "type", field->type_name);
    set_text(object, "kind", kind_name(field->kind));
    set_integer(object, "offset", field->offset);
    set_integer(object, "size", field->size);
    if (field->bits) {
        set_integer(object, "bit", field->shift);
        set_integer(object, "bits", field->bits);
    }
    if (field->kind == FIELD_ENUM) {
        json_object_set_new(object, "signed", json_boolean(field->is_signed));
        json_object_set_new(object, "values", list_values(field));
    }
    if (meaning_name(field->meaning))
        set_text(object, "meaning", meaning_name(field->meaning));
    describe_others(field, object);
    if (field->kind == FIELD_ARRAY) {
        set_integer(object, "count", field->count);
        set_integer(object, "stride", field->stride);
        json_object_set_new(object, "element", describe(field->members));
    }
    if (field->n_members > 0)
        json_object_set_new(object, "members", list_fields(field->members, field->n_members));
    return object;
}

static json_t *list_fields(const struct field *fields, uint32_t count)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(list, describe(&fields[i]));
    return list;
}

json_t *schema_json_type(const struct schema *schema)
{
    json_t *object = json_object();

    set_text(object, "type", schema->type_name);
    set_integer(object, "size", schema->size);
    json_object_set_new(object, "fields", list_fields(schema->fields, schema->n_fields));
    return object;
}

static json_t *describe_listed(const struct schema_list_type *type)
{
    json_t *object = json_object();

    set_text(object, "name", type->name);
    set_text(object, "kind", type->is_union ? "union" : "struct");
    set_integer(object, "size", type->size);
    set_text(object, "from", type->in_dwarf ? "dwarf" : "btf");
    json_object_set_new(object, "kept", json_boolean(type->kept));
    if (type->map)
        set_text(object, "map", type->map);
    return object;
}

json_t *schema_json_list(const struct schema_list *list)
{
    json_t *object = json_object(), *types = json_array();

    for (uint32_t i = 0; i < list->count; i++)
        json_array_append_new(types, describe_listed(&list->types[i]));
    json_object_set_new(object, "types", types);
    return object;
}
