// SPDX-License-Identifier: Apache-2.0

/* Types come from fields and constants here, and nowhere else does a field's kind decide one. */

#include "expr/operand.h"

#include <stdio.h>
#include <string.h>

#include "expr/cost.h"
#include "expr/operand_load.h"
#include "record/number_names.h"

static enum type type_of(const struct field *field)
{
    switch (field->kind) {
    case FIELD_UINT:
        return field->meaning == MEANING_IPV4 && field->size == 4 && !field->bits ? TYPE_IPV4
                                                                                  : TYPE_INTEGER;
    case FIELD_INT:
    case FIELD_ENUM:
    case FIELD_POINTER:
        return TYPE_INTEGER;
    case FIELD_BOOL:
        return TYPE_BOOL;
    case FIELD_FLOAT:
        return TYPE_FLOAT;
    case FIELD_CHARS:
    case FIELD_TEXT:
        return TYPE_TEXT;
    case FIELD_TEXTS:
        return TYPE_TEXTS;
    case FIELD_BYTES:
        return field->meaning == MEANING_IPV4 && field->size == 4 ? TYPE_IPV4 : TYPE_BYTES;
    case FIELD_ARRAY:
        return TYPE_ARRAY;
    case FIELD_STRUCT:
    case FIELD_UNION:
        return TYPE_STRUCT;
    }
    __builtin_unreachable();
}

void operand_of_field(const struct node *node, const struct field *field, struct operand *ret)
{
    enum field_meaning meaning = field->meaning;

    *ret = (struct operand){.node = node,
                            .type = type_of(field),
                            .where = WHERE_PLACE,
                            .is_signed = field->is_signed,
                            .size = field->size,
                            .field = field,
                            .place = {.field = *field}};
    if (meaning == MEANING_IP)
        meaning = MEANING_IPV6; /* as which an IPv4 address is loaded, too */
    if (ret->type == TYPE_BYTES && ((meaning == MEANING_IPV6 && field->size == 16) ||
                                    (meaning == MEANING_MAC && field->size == 6)))
        ret->meaning = meaning;
    ret->place.load = load_of(field);
    ret->place.field.name = "";
    ret->place.field.names = NULL;
    ret->place.field.members = NULL;
    ret->place.field.type_name = NULL;
}

struct operand operand_integer(const struct node *node, uint64_t bits, bool is_signed)
{
    return (struct operand){
        .node = node, .type = TYPE_INTEGER, .integer = bits, .is_signed = is_signed};
}

struct operand operand_null(const struct node *node, enum type type)
{
    return (struct operand){.node = node, .type = type, .is_null = true};
}

bool operand_is_constant(const struct operand *operand)
{
    return operand->where == WHERE_CONSTANT;
}

wide operand_wide(const struct operand *operand)
{
    return operand->is_signed ? (wide)(int64_t)operand->integer : (wide)operand->integer;
}

struct place operand_place(const struct operand *operand)
{
    if (operand->where == WHERE_REGISTER)
        return (struct place){.load = LOAD_REGISTER, .reg = operand->reg};
    return operand->place;
}

static void choose_load(const struct operand *operand, struct step *step)
{
    bool constant = operand_is_constant(operand);

    step->place = operand->place;
    step->integer = operand->integer;
    step->number = operand->number;
    step->text = operand->text;
    if (constant && operand->is_null) {
        step->run = load_run_nulls;
    } else if (operand->type == TYPE_FLOAT) {
        step->run = constant ? load_run_float_constant : load_run_floats;
    } else if (operand->type == TYPE_TEXT || operand->type == TYPE_BYTES) {
        step->run = constant ? load_run_text_constant : load_run_texts;
        step->cost = constant ? 0 : COST_LOAD_TEXT;
    } else {
        step->run = constant ? load_run_integer_constant : load_run_integers;
    }
}

int operand_load(struct compile *compile, struct operand *operand)
{
    struct step step = {0};
    int r;

    if (operand->where == WHERE_REGISTER)
        return 0;
    choose_load(operand, &step);
    r = compile_take_register(compile, operand->node, &step.out);
    if (r == 0)
        r = compile_add_step(compile, &step);
    if (r < 0)
        return r;
    operand->where = WHERE_REGISTER;
    operand->reg = step.out;
    return 0;
}

void operand_drop(struct compile *compile, const struct operand *operand)
{
    if (operand->where == WHERE_REGISTER)
        compile_release_register(compile, operand->reg);
}

int operand_settle(struct compile *compile, struct operand *operand, uint32_t first, uint32_t out,
                   bool constant)
{
    const struct reg *reg = &compile->regs[out];

    operand->where = WHERE_REGISTER;
    operand->reg = out;
    if (!constant)
        return 0;
    compile_fold(compile, first);
    compile_release_register(compile, out);
    operand->where = WHERE_CONSTANT;
    if (operand->type == TYPE_TEXT || operand->type == TYPE_BYTES) {
        operand->is_null = !reg->texts[0].bytes;
        if (operand->is_null)
            return 0;
        operand->text = program_keep_text(compile->expr, &reg->texts[0]);
        return operand->text.bytes ? 0 : compile_no_memory(compile);
    }
    operand->is_null = !reg->present[0];
    operand->integer = reg->integers[0];
    operand->number = reg->floats[0];
    return 0;
}

/* What the operand is, as it follows "is": "an integer". */
static void describe_type(const struct operand *operand, char out[OPERAND_WORDS_MAX])
{
    static const char *const names[] = {
        [TYPE_NULL] = "null",
        [TYPE_INTEGER] = "an integer",
        [TYPE_FLOAT] = "a float",
        [TYPE_BOOL] = "a bool",
        [TYPE_TEXT] = "text",
        [TYPE_IPV4] = "an IPv4 address",
        [TYPE_TEXTS] = "a list of texts",
        [TYPE_ARRAY] = "an array",
        [TYPE_STRUCT] = "a struct",
    };
    const struct field *field = operand->field;

    if (operand->type == TYPE_BYTES && operand->meaning)
        snprintf(out, OPERAND_WORDS_MAX, "%s",
                 operand->meaning == MEANING_MAC ? "a MAC address" : "an IPv6 address");
    else if (operand->type == TYPE_BYTES)
        snprintf(out, OPERAND_WORDS_MAX, "%u bytes", operand->size);
    else if (operand->type == TYPE_INTEGER && field && field->kind == FIELD_ENUM)
        snprintf(out, OPERAND_WORDS_MAX, "an enum");
    else if (operand->type == TYPE_INTEGER && field && field->kind == FIELD_POINTER)
        snprintf(out, OPERAND_WORDS_MAX, "a pointer");
    else if (operand->type == TYPE_STRUCT && field && field->kind == FIELD_UNION)
        snprintf(out, OPERAND_WORDS_MAX, "a union");
    else
        snprintf(out, OPERAND_WORDS_MAX, "%s", names[operand->type]);
}

const char *operand_source(const struct compile *compile, const struct node *node,
                           char out[OPERAND_SOURCE_MAX])
{
    bool cut = node->end - node->start > 64;

    snprintf(out, OPERAND_SOURCE_MAX, "%.*s%s", cut ? 61 : (int)(node->end - node->start),
             compile->tree->source + node->start, cut ? "..." : "");
    return out;
}

void operand_describe(const struct compile *compile, const struct operand *operand,
                      char out[OPERAND_WORDS_MAX])
{
    char source[OPERAND_SOURCE_MAX], type[OPERAND_WORDS_MAX];

    describe_type(operand, type);
    snprintf(out, OPERAND_WORDS_MAX, "%s is %.30s", operand_source(compile, operand->node, source),
             type);
}

int operand_check_value(const struct compile *compile, const struct operand *operand)
{
    const struct node *node = operand->node;
    int length = (int)(node->end - node->start);
    const char *words = compile->tree->source + node->start;

    if (operand->type == TYPE_TEXTS)
        return compile_refuse(compile, node,
                              "%.*s is a list of texts; use one of its elements, as in %.*s[1]",
                              length, words, length, words);
    if (operand->type == TYPE_ARRAY)
        return compile_refuse(compile, node,
                              "%.*s is an array; use one of its elements, as in %.*s[0]", length,
                              words, length, words);
    if (operand->type == TYPE_STRUCT)
        return compile_refuse(
            compile, node, "%.*s is a %s; use one of its members, as in %.*s.%s", length, words,
            operand->field->kind == FIELD_UNION ? "union" : "struct", length, words,
            operand->field->n_members ? operand->field->members[0].name : "");
    return 0;
}

/* The schema may go, so the names are copied. */
static int keep_names(struct compile *compile, const struct field *field, struct field *ret)
{
    struct enum_name *names = program_keep(compile->expr, field->n_names * sizeof(*names), NULL);

    if (!names)
        return compile_no_memory(compile);
    for (uint32_t i = 0; i < field->n_names; i++) {
        struct text name = {field->names[i].name, (uint32_t)strlen(field->names[i].name)};

        names[i].value = field->names[i].value;
        names[i].name = program_keep_text(compile->expr, &name).bytes;
        if (!names[i].name)
            return compile_no_memory(compile);
    }
    ret->names = names;
    ret->n_names = field->n_names;
    return 0;
}

/* A plain field keeps what it is, but where it lies. */
static int plain_result(struct compile *compile, const struct field *field, struct field *ret)
{
    *ret = (struct field){.kind = field->kind,
                          .meaning = field->meaning,
                          .is_signed = field->is_signed,
                          .size = field->bits ? 8 : field->size,
                          .unnamed = field->unnamed};
    if (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS)
        *ret = (struct field){.kind = FIELD_CHARS};
    if (field->meaning == MEANING_IP)
        ret->meaning = MEANING_IPV6;
    if (field->meaning == MEANING_PORT_BE)
        ret->meaning = MEANING_NONE; /* it was turned when it was loaded */
    if (field->kind == FIELD_BYTES && field->meaning == MEANING_IPV4)
        ret->kind = FIELD_UINT;
    return field->n_names ? keep_names(compile, field, ret) : 0;
}

int operand_result(struct compile *compile, const struct operand *operand, struct field *ret)
{
    struct field field = {.size = 8};

    if (operand->field && operand->type < TYPE_TEXTS) {
        int r = plain_result(compile, operand->field, ret);

        ret->name = "";
        return r;
    }
    field.name = "";
    field.meaning = operand->meaning;
    switch (operand->type) {
    case TYPE_INTEGER:
        field.kind = operand->is_signed ? FIELD_INT : FIELD_UINT;
        field.is_signed = operand->is_signed;
        break;
    case TYPE_FLOAT:
        field.kind = FIELD_FLOAT;
        break;
    case TYPE_TEXT:
        field.kind = FIELD_CHARS;
        field.size = 0;
        break;
    case TYPE_IPV4:
        field.kind = FIELD_UINT;
        field.size = 4;
        field.meaning = MEANING_IPV4;
        break;
    case TYPE_BYTES:
        field.kind = FIELD_BYTES;
        field.size = operand->size;
        break;
    default: /* null itself, which is nothing */
        field.kind = FIELD_BOOL;
        field.size = 1;
        break;
    }
    *ret = field;
    return 0;
}
