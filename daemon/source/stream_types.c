// SPDX-License-Identifier: Apache-2.0

/* A selector, an order and a sequence are read before a record's type is known, so each must be the
 * same bytes in every type of the stream. */

#include "source/stream_types.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/scalar.h"
#include "record/field_path.h"
#include "record/schema.h"
#include "schema/map_lookup.h"
#include "source/ring_meanings.h"

/* ---- fields that all types share ------------------------------------------------------------- */

static bool is_integer(const struct field *field)
{
    return field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_BOOL ||
           field->kind == FIELD_ENUM;
}

static bool same_place(const struct field *a, const struct field *b)
{
    return a->offset == b->offset && a->size == b->size && a->bits == b->bits &&
           a->shift == b->shift && a->is_signed == b->is_signed;
}

/* The field of that path, as a copy with its own offset; it must be in the fixed part of records.
 */
static int find_field(const struct schema *schema, const char *path, struct error *error,
                      struct field *ret)
{
    const struct field_scope scope = {.schema = schema, .elements = FIELD_ELEMENTS_ONE};
    struct field_walk walk;
    int result = field_path_find(path, &scope, error, &walk);

    if (result < 0)
        return result;
    if (walk.field->offset + walk.moved + walk.field->size > schema->size)
        return error_set(error, -ENOENT, "%s is not in the fixed part of %s", path,
                         schema->type_name);
    *ret = *walk.field;
    ret->offset += (uint32_t)walk.moved;
    return 0;
}

/* Finds the field that key names in all types. The copy borrows the first type's names. */
static int find_shared(const struct stream *stream, const char *path,
                       const struct config_node *node, struct diag *diag, struct field *ret)
{
    struct field first = {0};

    for (uint32_t i = 0; i < stream->n_types; i++) {
        const struct schema *schema = stream->types[i].schema;
        struct error error;
        struct field field;

        if (find_field(schema, path, &error, &field) < 0) {
            diag_add_error(diag, node, &error);
            return -EINVAL;
        }
        if (!is_integer(&field)) {
            diag_add(diag, node, "%s: \"%s\" is not an integer", schema->type_name, path);
            return -EINVAL;
        }
        if (i == 0)
            first = field;
        if (!same_place(&first, &field)) {
            diag_add(diag, node,
                     "\"%s\" must have the same place and size in all types: it is at byte %" PRIu32
                     " (%" PRIu32 " bytes) in %s, and at byte %" PRIu32 " (%" PRIu32
                     " bytes) in %s",
                     path, first.offset, first.size, stream->types[0].schema->type_name,
                     field.offset, field.size, schema->type_name);
            return -EINVAL;
        }
    }
    *ret = first;
    return 0;
}

static int find_order(const struct ring_config *config, struct stream *stream, struct diag *diag)
{
    const struct config_node *node = ring_config_at(config, "order");

    if (!config->order)
        return 0;
    if (find_shared(stream, config->order, node, diag, &stream->order) < 0)
        return -EINVAL;
    if (stream->order.size != sizeof(uint64_t) || stream->order.bits) {
        diag_add(diag, node,
                 "\"%s\" has %" PRIu32 " bits; order needs a time of 64 bits (ns since boot)",
                 config->order, stream->order.bits ? stream->order.bits : stream->order.size * 8);
        return -EINVAL;
    }
    stream->ordered = true;
    stream->order_hold = config->hold;
    return 0;
}

static int find_sequence(const struct ring_config *config, struct stream *stream, struct diag *diag)
{
    const struct config_node *node = ring_config_at(config, "sequence");
    uint32_t size;

    if (!config->sequence)
        return 0;
    if (find_shared(stream, config->sequence, node, diag, &stream->sequence) < 0)
        return -EINVAL;
    size = stream->sequence.size;
    if (stream->sequence.bits || (size != sizeof(uint32_t) && size != sizeof(uint64_t))) {
        diag_add(diag, node, "\"%s\" must have 32 or 64 bits to number the records",
                 config->sequence);
        return -EINVAL;
    }
    stream->numbered = true;
    return 0;
}

/* ---- several types --------------------------------------------------------------------------- */

/* Whether a selector's field can ever have the value. */
static bool can_be(const struct field *field, int64_t value)
{
    uint32_t bits = field->bits ? field->bits : field->size * 8;

    if (field->kind == FIELD_BOOL)
        return value == 0 || value == 1;
    if (bits >= 64)
        return true;
    if (field->is_signed)
        return value >= -(INT64_C(1) << (bits - 1)) && value < INT64_C(1) << (bits - 1);
    return value >= 0 && value < INT64_C(1) << bits;
}

static int find_name(const struct stream *stream, const char *path, const struct config_node *entry,
                     struct diag *diag, int64_t *ret)
{
    struct suggestion suggestion;
    struct field field;

    suggestion_init(&suggestion, entry->key);
    for (uint32_t i = 0; i < stream->n_types; i++) {
        if (find_field(stream->types[i].schema, path, NULL, &field) < 0)
            continue;
        for (uint32_t j = 0; j < field.n_names; j++) {
            if (strcmp(field.names[j].name, entry->key) == 0) {
                *ret = field.names[j].value;
                return 0;
            }
            if (i == 0)
                suggestion_offer(&suggestion, field.names[j].name);
        }
    }
    if (stream->selected_by.n_names > 0)
        diag_add_key(diag, entry, "expected a number, or a value of \"%s\"; %s", path,
                     suggestion_words(&suggestion));
    else
        diag_add_key(diag, entry, "expected a number: the values of \"%s\" have no names", path);
    return -EINVAL;
}

static int read_value(const struct stream *stream, const char *path,
                      const struct config_node *entry, struct diag *diag, int64_t *ret)
{
    int64_t value;

    if (scalar_integer(entry->key, &value) < 0 && find_name(stream, path, entry, diag, &value) < 0)
        return -EINVAL;
    if (!can_be(&stream->selected_by, value)) {
        diag_add_key(diag, entry, "\"%s\" cannot be %" PRId64 ": it is %s of %" PRIu32 " bits",
                     path, value, stream->selected_by.is_signed ? "signed" : "unsigned",
                     stream->selected_by.bits ? stream->selected_by.bits
                                              : stream->selected_by.size * 8);
        return -EINVAL;
    }
    *ret = value;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct stream_type *left = a, *right = b;

    return left->value < right->value ? -1 : left->value > right->value;
}

static int set_values(const struct ring_config *config, struct stream *stream, struct diag *diag)
{
    const struct config_node *entry = config->types->first;
    int result = 0;

    for (uint32_t i = 0; i < stream->n_types; i++, entry = entry->next) {
        struct stream_type *type = &stream->types[i];

        if (read_value(stream, config->select, entry, diag, &type->value) < 0) {
            result = -EINVAL;
            continue;
        }
        for (uint32_t j = 0; j < i && result == 0; j++)
            if (stream->types[j].value == type->value) {
                diag_add_key(diag, entry, "duplicate value %" PRId64 ": it has a type already",
                             type->value);
                result = -EINVAL;
            }
    }
    if (result == 0)
        qsort(stream->types, stream->n_types, sizeof(*stream->types), compare);
    return result;
}

static int check_types(const struct config_node *types, struct diag *diag)
{
    if (types->kind != CONFIG_MAP || types->count == 0) {
        diag_add(diag, types, "expected VALUE: TYPE pairs, as in {1: struct open_event}; found %s",
                 types->kind == CONFIG_MAP ? "an empty map" : config_node_kind_name(types));
        return -EINVAL;
    }
    if (types->count > STREAM_TYPES_MAX) {
        diag_add(diag, types, "too many types: %u; at most %d are allowed", types->count,
                 STREAM_TYPES_MAX);
        return -EINVAL;
    }
    for (const struct config_node *entry = types->first; entry; entry = entry->next)
        if (entry->kind != CONFIG_SCALAR || entry->length == 0 || config_node_is_null(entry)) {
            diag_add(diag, entry, "expected the name of a type, found %s",
                     config_node_kind_name(entry));
            return -EINVAL;
        }
    return 0;
}

static int find_several(const struct type_origin *origin, const struct ring_config *config,
                        struct stream *stream, struct diag *diag)
{
    const struct config_node *entry = config->types->first;
    int result = 0;

    for (uint32_t i = 0; i < stream->n_types; i++, entry = entry->next)
        if (ring_type_look_up(origin, config, entry->text, entry, diag, &stream->types[i].schema) <
            0)
            result = -EINVAL;
    if (result == 0)
        result = find_shared(stream, config->select, ring_config_at(config, "select"), diag,
                             &stream->selected_by);
    if (result == 0)
        result = set_values(config, stream, diag);
    stream->selector = STREAM_BY_FIELD;
    stream->selected_by.names = NULL;
    stream->selected_by.n_names = 0;
    if (result == 0) {
        stream->selected_by.name = schema_keep(stream->types[0].schema, config->select);
        result = stream->selected_by.name ? 0 : -ENOMEM;
    }
    return result;
}

int stream_types_find(const struct type_origin *origin, const struct ring_config *config,
                      const char *source_name, struct stream *stream, struct diag *diag)
{
    int result = config->types ? check_types(config->types, diag) : 0;

    if (result == 0 && config->types && stream_set_types(stream, config->types->count) < 0) {
        diag_add(diag, config->node, "out of memory");
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < stream->n_types; i++)
        stream->types[i].source_name = source_name;
    if (result == 0 && config->types)
        result = find_several(origin, config, stream, diag);
    else if (result == 0)
        result = ring_type_find(origin, config, source_name, diag, &stream->types->schema);
    if (result == 0)
        result = ring_meanings_give(origin, config, stream, diag);
    if (result < 0)
        return result;
    result = find_order(config, stream, diag);
    return find_sequence(config, stream, diag) < 0 ? -EINVAL : result;
}
