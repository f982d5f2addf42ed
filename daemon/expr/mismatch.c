// SPDX-License-Identifier: Apache-2.0

#include "expr/compare.h"

#include <stdio.h>
#include <string.h>

#include "expr/compile.h"
#include "record/number_names.h"

enum { EXAMPLE_MAX = 80 };

static bool is_enum(const struct operand *operand)
{
    return operand->type == TYPE_INTEGER && operand->field && operand->field->kind == FIELD_ENUM &&
           operand->field->n_names > 0;
}

static bool is_bytes(const struct operand *operand)
{
    return operand->type == TYPE_BYTES && !operand->meaning;
}

static bool is_text_constant(const struct operand *operand)
{
    return operand->type == TYPE_TEXT && operand_is_constant(operand) && !operand->is_null;
}

static uint32_t address_size(const struct operand *operand)
{
    return operand->type == TYPE_IPV4         ? 4
           : operand->meaning == MEANING_IPV6 ? 16
           : operand->meaning == MEANING_MAC  ? 6
                                              : 0;
}

/* Integers and floats compare with each other, so a comparison calls both numbers; a list holds
 * integers only. */
static void describe(const struct compile *compile, const struct operand *operand, bool is_list,
                     char out[OPERAND_WORDS_MAX])
{
    char source[OPERAND_SOURCE_MAX];

    if (!is_list &&
        ((operand->type == TYPE_INTEGER && !is_enum(operand)) || operand->type == TYPE_FLOAT))
        snprintf(out, OPERAND_WORDS_MAX, "%s is a number",
                 operand_source(compile, operand->node, source));
    else
        operand_describe(compile, operand, out);
}

/* What the operand compares with: "a number". */
static const char *partner_of(const struct operand *operand, bool is_list)
{
    if (is_enum(operand))
        return "one of its values";
    switch (operand->type) {
    case TYPE_BOOL:
        return "true or false";
    case TYPE_TEXT:
        return "text";
    case TYPE_IPV4:
        return "an IPv4 address";
    case TYPE_BYTES:
        return operand->meaning == MEANING_MAC ? "a MAC address" : "an IPv6 address";
    default:
        return is_list ? "an integer" : "a number";
    }
}

static bool is_digits(const struct text *text)
{
    for (uint32_t i = 0; i < text->length; i++)
        if (text->bytes[i] < '0' || text->bytes[i] > '9')
            return false;
    return text->length == 1 || (text->length > 1 && text->length < 19 && text->bytes[0] != '0');
}

/* An IPv6 field also compares with IPv4 addresses. */
static bool is_address_of(const struct text *text, uint32_t size)
{
    struct address address;

    return !address_parse(text->bytes, text->length, &address) && !address.is_network &&
           (address.size == size || (address.size == 4 && size == 16));
}

/* A constant that the operand compares with: what is on the other side, spelt as it must be,
 * where that can be known. */
static void put_example(const struct compile *compile, const struct operand *operand,
                        const struct operand *other, char out[EXAMPLE_MAX])
{
    static const char *const addresses[] = {
        [4] = "10.0.0.1", [6] = "02:00:00:00:00:01", [16] = "2001:db8::1"};
    uint32_t size = address_size(operand);
    bool from_text = is_text_constant(other) &&
                     (size ? is_address_of(&other->text, size) : is_digits(&other->text));
    char source[OPERAND_SOURCE_MAX];

    if (is_enum(operand))
        snprintf(out, EXAMPLE_MAX, "%s", operand->field->names[0].name);
    else if (operand->type == TYPE_BOOL)
        snprintf(out, EXAMPLE_MAX, "true");
    else if (operand->type == TYPE_TEXT && other->type == TYPE_INTEGER)
        snprintf(out, EXAMPLE_MAX, "\"%s\"", operand_source(compile, other->node, source));
    else if (operand->type == TYPE_TEXT)
        snprintf(out, EXAMPLE_MAX, "\"abc\"");
    else if (from_text)
        snprintf(out, EXAMPLE_MAX, "%.*s", (int)other->text.length, other->text.bytes);
    else
        snprintf(out, EXAMPLE_MAX, "%s", size ? addresses[size] : "0");
}

/* Whether the text is a name that would be known beside the operand. */
static bool has_name(const struct operand *operand, const struct text *text)
{
    struct number_set set;
    struct enum_name value;

    if (operand->type != TYPE_INTEGER || !operand->field)
        return false;
    return number_set_of_field(operand->field, &set)
               ? number_set_find(&set, text->bytes, text->length, &value)
               : number_names_find(text->bytes, text->length, &value);
}

static int refuse_constant(const struct compile *compile, const struct node *node,
                           const char *spelling, const struct operand *operand,
                           const struct operand *constant)
{
    char words[2][OPERAND_WORDS_MAX], source[OPERAND_SOURCE_MAX], example[EXAMPLE_MAX];
    bool is_list = strcmp(spelling, "in") == 0;
    bool quoted = address_size(operand) && is_text_constant(constant);

    describe(compile, operand, is_list, words[0]);
    describe(compile, constant, is_list, words[1]);
    if (is_text_constant(constant) && has_name(operand, &constant->text))
        return compile_refuse(compile, node, "%s: write %.*s without quotes", words[0],
                              (int)constant->text.length, constant->text.bytes);
    put_example(compile, operand, constant, example);
    if (operand->type != TYPE_INTEGER && operand->type != TYPE_FLOAT && *spelling != '!' &&
        !is_list)
        spelling = "=="; /* other types have no order */
    return compile_refuse(compile, node, "%s and %s; %s%s, as in %s %s %s%s%s", words[0], words[1],
                          quoted    ? "write the address without quotes"
                          : is_list ? "write "
                                    : "compare with ",
                          quoted ? "" : partner_of(operand, is_list),
                          operand_source(compile, operand->node, source), spelling,
                          is_list ? "[" : "", example, is_list ? "]" : "");
}

int mismatch_refuse(const struct compile *compile, const struct node *node, const char *spelling,
                    const struct operand *left, const struct operand *right)
{
    char words[2][OPERAND_WORDS_MAX];

    if (!is_bytes(left) && !is_bytes(right) &&
        operand_is_constant(left) != operand_is_constant(right))
        return operand_is_constant(right) ? refuse_constant(compile, node, spelling, left, right)
                                          : refuse_constant(compile, node, spelling, right, left);
    describe(compile, left, false, words[0]);
    describe(compile, right, false, words[1]);
    return compile_refuse(compile, node, "%s and %s; %s", words[0], words[1],
                          is_bytes(left) || is_bytes(right)
                              ? "bytes compare with bytes or a constant text of the same length"
                              : "both sides must have the same type");
}
