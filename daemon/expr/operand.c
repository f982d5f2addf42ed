// SPDX-License-Identifier: Apache-2.0

/* A name means a field first. Only where no field has it may it be an enum value, and then of the
 * enum that stands on the other side: so the same word may be a value of two enums, and a word
 * that is neither gets the suggestion that fits its place. */

#include "expr/operand.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "expr/lex.h"

enum { LISTED_MAX = 8 }; /* names that an error lists where none is near */

static bool text_is(const struct text *text, const char *name)
{
    return strlen(name) == text->length && memcmp(name, text->bytes, text->length) == 0;
}

static const struct field *find_field(const struct scope *scope, const struct node *node)
{
    if (!node || (node->kind != NODE_NAME && node->kind != NODE_INDEX))
        return NULL;
    for (uint32_t i = 0; i < scope->schema->n_fields; i++) {
        if (text_is(&node->spelling, scope->schema->fields[i].name))
            return &scope->schema->fields[i];
    }
    return NULL;
}

/* The end of a sentence about an unknown name: the nearest candidate, or all of them. */
struct hint {
    struct nearest nearest;
    char name[NEAREST_NAME_MAX + 1];
    char list[256];
    uint32_t n_listed;
};

static void hint_init(struct hint *hint, const struct text *name)
{
    memset(hint, 0, sizeof(*hint));
    if (name->length <= NEAREST_NAME_MAX)
        memcpy(hint->name, name->bytes, name->length);
    nearest_init(&hint->nearest, hint->name);
}

static void hint_offer(struct hint *hint, const char *candidate)
{
    size_t used = strlen(hint->list);

    nearest_offer(&hint->nearest, candidate);
    if (hint->n_listed < LISTED_MAX)
        snprintf(hint->list + used, sizeof(hint->list) - used, "%s%s", used ? ", " : "", candidate);
    else if (hint->n_listed == LISTED_MAX)
        snprintf(hint->list + used, sizeof(hint->list) - used, ", ...");
    hint->n_listed++;
}

static int refuse_field(const struct scope *scope, const struct node *node,
                        const struct field *opposite)
{
    const struct text *name = &node->spelling;
    struct hint hint;

    if (opposite && (opposite->kind == FIELD_CHARS || opposite->kind == FIELD_TEXT))
        return lex_refuse(scope->error, node->column, name->length,
                          "%s has no field %.*s; a constant text stands in double quotes",
                          scope->schema->type_name, (int)name->length, name->bytes);
    hint_init(&hint, name);
    for (uint32_t i = 0; i < scope->schema->n_fields; i++)
        hint_offer(&hint, scope->schema->fields[i].name);
    if (hint.nearest.best)
        return lex_refuse(scope->error, node->column, name->length,
                          "%s has no field %.*s; did you mean %s?", scope->schema->type_name,
                          (int)name->length, name->bytes, hint.nearest.best);
    return lex_refuse(scope->error, node->column, name->length,
                      "%s has no field %.*s; its fields are %s", scope->schema->type_name,
                      (int)name->length, name->bytes, hint.list);
}

static int refuse_enum_name(const struct scope *scope, const struct node *node,
                            const struct field *field)
{
    const struct text *name = &node->spelling;
    struct hint hint;

    hint_init(&hint, name);
    for (uint32_t i = 0; i < field->n_names; i++)
        hint_offer(&hint, field->names[i].name);
    if (hint.nearest.best)
        return lex_refuse(scope->error, node->column, name->length,
                          "the enum of %s has no value %.*s; did you mean %s?", field->name,
                          (int)name->length, name->bytes, hint.nearest.best);
    return lex_refuse(scope->error, node->column, name->length,
                      "the enum of %s has no value %.*s; its values are %s", field->name,
                      (int)name->length, name->bytes, hint.list);
}

static int resolve_enum_name(const struct scope *scope, const struct node *node,
                             const struct field *field, struct operand *ret_operand)
{
    for (uint32_t i = 0; i < field->n_names; i++) {
        int64_t value = field->names[i].value;

        if (!text_is(&node->spelling, field->names[i].name))
            continue;
        *ret_operand = (struct operand){.type = OPERAND_INTEGER, .node = node};
        ret_operand->value = field->is_signed ? (wide)value : (wide)(uint64_t)value;
        return 0;
    }
    return refuse_enum_name(scope, node, field);
}

static enum operand_type type_of(const struct field *field)
{
    switch (field->kind) {
    case FIELD_UINT:
    case FIELD_INT:
    case FIELD_ENUM:
        return OPERAND_INTEGER;
    case FIELD_BOOL:
        return OPERAND_BOOL;
    case FIELD_CHARS:
    case FIELD_TEXT:
        return OPERAND_TEXT;
    default:
        return OPERAND_LIST;
    }
}

static int resolve_name(const struct scope *scope, const struct node *node,
                        const struct node *other, struct operand *ret_operand)
{
    const struct field *field = find_field(scope, node);
    struct operand operand = {.node = node, .field = field};

    if (!field) {
        const struct field *opposite = find_field(scope, other);

        if (opposite && opposite->kind == FIELD_ENUM && node->kind == NODE_NAME)
            return resolve_enum_name(scope, node, opposite, ret_operand);
        return refuse_field(scope, node, opposite);
    }
    operand.type = type_of(field);
    if (node->kind == NODE_INDEX) {
        if (operand.type != OPERAND_LIST)
            return lex_refuse(scope->error, node->column, node->width,
                              "%s is no list, so it takes no index", field->name);
        operand.type = OPERAND_TEXT;
        operand.index = (uint32_t)node->magnitude;
    }
    *ret_operand = operand;
    return 0;
}

int operand_resolve(const struct scope *scope, const struct node *node, const struct node *other,
                    struct operand *ret_operand)
{
    struct operand operand = {.node = node, .text = node->spelling, .truth = node->truth};

    switch (node->kind) {
    case NODE_NAME:
    case NODE_INDEX:
        return resolve_name(scope, node, other, ret_operand);
    case NODE_INTEGER:
        operand.type = OPERAND_INTEGER;
        operand.value = node->negative ? -(wide)node->magnitude : (wide)node->magnitude;
        break;
    case NODE_TEXT:
        operand.type = OPERAND_TEXT;
        break;
    case NODE_BOOL:
        operand.type = OPERAND_BOOL;
        break;
    case NODE_NOT:
        return lex_refuse(scope->error, node->column, node->width,
                          "! binds tighter than a comparison: write !(a == b)");
    case NODE_COMPARE:
    case NODE_AND:
    case NODE_OR:
        return lex_refuse(scope->error, node->column, node->width,
                          "fields and constants can be compared, conditions cannot: "
                          "join them by && and ||");
    }
    *ret_operand = operand;
    return 0;
}

static void describe_type(const struct operand *operand, char out[OPERAND_WORDS_MAX])
{
    static const char *const constants[] = {
        [OPERAND_INTEGER] = "integer", [OPERAND_BOOL] = "bool", [OPERAND_TEXT] = "text"};
    const struct field *field = operand->field;

    if (!field || operand->type == OPERAND_BOOL)
        snprintf(out, OPERAND_WORDS_MAX, "%s", constants[operand->type]);
    else if (field->kind == FIELD_ENUM)
        snprintf(out, OPERAND_WORDS_MAX, "enum");
    else if (operand->type == OPERAND_INTEGER)
        snprintf(out, OPERAND_WORDS_MAX, "%c%u", field->is_signed ? 's' : 'u', 8 * field->size);
    else if (field->kind == FIELD_CHARS)
        snprintf(out, OPERAND_WORDS_MAX, "char[%u]", field->size);
    else
        snprintf(out, OPERAND_WORDS_MAX, operand->type == OPERAND_LIST ? "list of texts" : "text");
}

void operand_describe(const struct scope *scope, const struct operand *operand,
                      char out[OPERAND_WORDS_MAX])
{
    const struct node *node = operand->node;
    bool cut = node->width > 64;
    char type[OPERAND_WORDS_MAX];

    describe_type(operand, type);
    snprintf(out, OPERAND_WORDS_MAX, "%.*s%s (%.30s)", cut ? 61 : (int)node->width,
             scope->tree->source + node->column, cut ? "..." : "", type);
}

static enum load load_of(const struct field *field)
{
    if (field->kind == FIELD_BOOL)
        return LOAD_BOOL;
    switch (field->size) {
    case 1:
        return field->is_signed ? LOAD_S8 : LOAD_U8;
    case 2:
        return field->is_signed ? LOAD_S16 : LOAD_U16;
    case 4:
        return field->is_signed ? LOAD_S32 : LOAD_U32;
    default:
        return LOAD_64;
    }
}

struct place operand_place(const struct operand *operand)
{
    struct place place = {.field = *operand->field, .index = operand->index};

    place.field.name = NULL;
    place.field.names = NULL;
    place.field.n_names = 0;
    place.load = load_of(operand->field);
    return place;
}
