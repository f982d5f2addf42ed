// SPDX-License-Identifier: Apache-2.0

/* Every comparison of an integer with a constant becomes one question: does the value lie in
 * [lowest, lowest + span]? The constant is clipped to what the operand can hold here, in 128 bits,
 * where neither sign nor width can surprise; at run time one subtraction and one unsigned compare
 * answer it for all six operators, all widths and both signs. Two operands compare as == or <,
 * which the others are by swapping sides or inverting. */

#include "expr/compare.h"

#include <string.h>

#include "expr/compile_value.h"
#include "expr/cost.h"
#include "expr/error_numbers.h"
#include "expr/predicate.h"

static const enum op mirrored[] = {
    [OP_EQ] = OP_EQ, [OP_NE] = OP_NE, [OP_LT] = OP_GT,
    [OP_LE] = OP_GE, [OP_GT] = OP_LT, [OP_GE] = OP_LE,
};

int compare_add_truth(struct compile *compile, bool truth, uint32_t *ret_term)
{
    const struct term term = {.kind = TERM_FALSE, .negated = truth};

    return compile_add_term(compile, &term, ret_term);
}

int compare_add(struct compile *compile, struct term *term, uint32_t first, uint32_t *ret_term)
{
    term->kind = TERM_PREDICATE;
    term->first_step = first;
    term->n_steps = compile->expr->n_steps - first;
    for (uint32_t i = 0; i < term->n_steps; i++)
        term->cost += COST_STEP + compile->expr->steps[first + i].cost;
    return compile_add_term(compile, term, ret_term);
}

int compare_add_predicate(struct compile *compile, struct term *term, uint32_t first, bool constant,
                          uint32_t *ret_term)
{
    const struct run run = {.regs = compile->regs, .expr = compile->expr};
    uint16_t selection[1] = {0};

    if (!constant)
        return compare_add(compile, term, first, ret_term);
    compile_fold(compile, first);
    return compare_add_truth(compile, term->run(term, &run, true, selection, 1), ret_term);
}

static bool is_order(enum op op)
{
    return op != OP_EQ && op != OP_NE;
}

static bool is_number(const struct operand *operand)
{
    return operand->type == TYPE_INTEGER || operand->type == TYPE_FLOAT;
}

/* Bytes compare with a constant text of as many bytes, and an IPv6 address with an IPv4 one, which
 * stands for ::ffff:a.b.c.d. */
static int adapt(struct compile *compile, struct operand *operand, const struct operand *other)
{
    struct address address = {.size = 4, .bits = 32};
    uint32_t raw = (uint32_t)operand->integer;
    struct text text;

    if (other->type != TYPE_BYTES || !operand_is_constant(operand) || operand->is_null)
        return 0;
    if (operand->type == TYPE_TEXT && operand->text.length == other->size && !other->meaning) {
        operand->type = TYPE_BYTES;
        operand->size = other->size;
    }
    if (operand->type != TYPE_IPV4 || other->meaning != MEANING_IPV6)
        return 0;
    memcpy(address.bytes, &raw, 4);
    address = address_mapped(&address);
    text = (struct text){(const char *)address.bytes, 16};
    operand->text = program_keep_text(compile->expr, &text);
    operand->type = TYPE_BYTES;
    operand->size = 16;
    operand->meaning = MEANING_IPV6;
    return operand->text.bytes ? 0 : compile_no_memory(compile);
}

static bool types_match(const struct operand *left, const struct operand *right)
{
    if (left->type == TYPE_NULL || right->type == TYPE_NULL)
        return true;
    if (left->type == TYPE_BYTES && right->type == TYPE_BYTES)
        return left->size == right->size &&
               (left->meaning == right->meaning || !left->meaning || !right->meaning);
    return left->type == right->type || (is_number(left) && is_number(right));
}

bool compare_fits(const struct operand *left, const struct operand *constant)
{
    if (left->type == TYPE_BYTES && !left->meaning && constant->type == TYPE_TEXT)
        return constant->text.length == left->size;
    return types_match(left, constant);
}

static int check_types(const struct compile *compile, const struct node *node, enum op op,
                       const struct operand *left, const struct operand *right)
{
    char words[OPERAND_WORDS_MAX];
    int r = operand_check_value(compile, left);

    if (r == 0)
        r = operand_check_value(compile, right);
    if (r < 0)
        return r;
    if (!types_match(left, right))
        return mismatch_refuse(compile, node, op_spelling(op), left, right);
    if (is_order(op) && (!is_number(left) || !is_number(right)) && left->type != TYPE_NULL &&
        right->type != TYPE_NULL) {
        operand_describe(compile, is_number(left) ? right : left, words);
        return compile_refuse(compile, node,
                              "%s compares numbers only; %s: use == or !=", op_spelling(op), words);
    }
    return 0;
}

/* What a type of so many bits can hold. */
static void bounds_of(const struct operand *operand, wide *ret_least, wide *ret_most)
{
    const struct field *field = &operand->place.field;
    unsigned bits = 64;

    if (operand->where == WHERE_PLACE && !field->column)
        bits = field->bits ? field->bits : 8 * field->size;
    *ret_least = operand->is_signed ? -((wide)1 << (bits - 1)) : 0;
    *ret_most = *ret_least + (((wide)1 << bits) - 1);
}

int compare_range(struct compile *compile, struct operand *operand, wide lowest, wide highest,
                  bool inverted, uint32_t first, uint32_t *ret_term)
{
    struct term term = {
        .run = predicate_range, .inverted = inverted, .cost = COST_RANGE, .passes = PASSES_HALF};
    wide least, most, value = operand_wide(operand);

    if (operand_is_constant(operand))
        return compare_add_truth(
            compile, !operand->is_null && (value >= lowest && value <= highest) != inverted,
            ret_term);
    bounds_of(operand, &least, &most);
    lowest = lowest > least ? lowest : least;
    highest = highest < most ? highest : most;
    operand_drop(compile, operand);
    if (lowest == highest && operand->type != TYPE_BOOL)
        term.passes = inverted ? 100 - PASSES_EQUAL : PASSES_EQUAL;
    if (lowest > highest) {
        if (!inverted) {
            compile->expr->n_steps = first;
            return compare_add_truth(compile, false, ret_term);
        }
        lowest = least;
        highest = most;
        term.inverted = false; /* true unless null */
    }
    term.left = operand_place(operand);
    term.lowest = (uint64_t)lowest;
    term.span = (uint64_t)(highest - lowest);
    return compare_add(compile, &term, first, ret_term);
}

static int integer_with_constant(struct compile *compile, enum op op, struct operand *left,
                                 wide value, uint32_t first, uint32_t *ret_term)
{
    const wide far = (wide)1 << 65;

    switch (op) {
    case OP_LT:
        return compare_range(compile, left, -far, value - 1, false, first, ret_term);
    case OP_LE:
        return compare_range(compile, left, -far, value, false, first, ret_term);
    case OP_GT:
        return compare_range(compile, left, value + 1, far, false, first, ret_term);
    case OP_GE:
        return compare_range(compile, left, value, far, false, first, ret_term);
    default:
        return compare_range(compile, left, value, value, op == OP_NE, first, ret_term);
    }
}

/* The constant and the NUL after it, as the field's first and last 8 bytes. */
static void fill_words(struct term *term, uint32_t size)
{
    char pattern[16] = {0};
    char mask[16] = {0};

    memcpy(pattern, term->text.bytes, term->text.length);
    memset(mask, 0xff, term->text.length < size ? term->text.length + 1 : size);
    memcpy(&term->words[0], pattern, 8);
    memcpy(&term->words[1], pattern + size - 8, 8);
    memcpy(&term->masks[0], mask, 8);
    memcpy(&term->masks[1], mask + size - 8, 8);
}

static int text_with_constant(struct compile *compile, enum op op, const struct operand *left,
                              const struct text *text, uint32_t first, uint32_t *ret_term)
{
    const struct field *field = &left->place.field;
    struct term term = {.run = predicate_text,
                        .left = left->place,
                        .inverted = op == OP_NE,
                        .text = *text,
                        .cost = COST_TEXT,
                        .passes = op == OP_NE ? 100 - PASSES_EQUAL : PASSES_EQUAL};

    if (memchr(text->bytes, 0, text->length) ||
        (field->kind == FIELD_CHARS && field->size && text->length > field->size)) {
        /* No field's text holds a NUL or is longer than its place. */
        term.text.bytes = NULL;
        if (!term.inverted)
            return compare_add_truth(compile, false, ret_term);
    } else if (field->kind == FIELD_CHARS && field->size >= 8 && field->size <= 16) {
        term.run = predicate_words;
        term.cost = COST_WORDS;
        fill_words(&term, field->size);
    }
    return compare_add(compile, &term, first, ret_term);
}

bool compare_is_plain_text(const struct operand *operand)
{
    return operand->type == TYPE_TEXT && operand->where == WHERE_PLACE &&
           !operand->place.field.column && operand->place.field.kind != FIELD_TEXTS;
}

int compare_prefix(struct compile *compile, const struct operand *left, const struct text *prefix,
                   uint32_t first, uint32_t *ret_term)
{
    const struct field *field = &left->place.field;
    struct term term = {.run = predicate_prefix,
                        .left = left->place,
                        .text = *prefix,
                        .cost = COST_PREFIX,
                        .passes = PASSES_SOME};

    if (memchr(prefix->bytes, 0, prefix->length) ||
        (field->kind == FIELD_CHARS && field->size && prefix->length > field->size))
        return compare_add_truth(compile, false, ret_term);
    return compare_add(compile, &term, first, ret_term);
}

/* Both sides in registers, or both constants: then it is decided here. */
static int compare_registers(struct compile *compile, enum op op, struct operand *left,
                             struct operand *right, uint32_t first, uint32_t *ret_term)
{
    bool swapped = op == OP_GT || op == OP_LE;
    bool constant = operand_is_constant(left) && operand_is_constant(right);
    bool is_text = left->type == TYPE_TEXT || left->type == TYPE_BYTES;
    bool is_float = left->type == TYPE_FLOAT || right->type == TYPE_FLOAT;
    struct operand *a = swapped ? right : left, *b = swapped ? left : right;
    struct term term = {
        .run = is_text    ? predicate_texts
               : is_float ? predicate_numbers
                          : predicate_integers,
        .less = is_order(op),
        .inverted = op == OP_NE || op == OP_LE || op == OP_GE,
        .a_signed = a->is_signed,
        .b_signed = b->is_signed,
        .a_float = a->type == TYPE_FLOAT,
        .b_float = b->type == TYPE_FLOAT,
        .cost = is_text ? COST_TEXT : COST_REGISTERS,
        .passes = op == OP_EQ   ? PASSES_EQUAL
                  : op == OP_NE ? 100 - PASSES_EQUAL
                                : PASSES_HALF,
    };
    int r = operand_load(compile, left);

    if (r == 0)
        r = operand_load(compile, right);
    if (r < 0)
        return r;
    term.a = a->reg;
    term.b = b->reg;
    operand_drop(compile, left);
    operand_drop(compile, right);
    return compare_add_predicate(compile, &term, first, constant, ret_term);
}

static int compare_operands(struct compile *compile, enum op op, struct operand *left,
                            struct operand *right, uint32_t first, uint32_t *ret_term)
{
    if (operand_is_constant(left) && !operand_is_constant(right))
        return compare_operands(compile, mirrored[op], right, left, first, ret_term);
    if (operand_is_constant(right) && right->is_null) {
        operand_drop(compile, left);
        compile->expr->n_steps = first;
        return compare_add_truth(compile, false, ret_term);
    }
    if (operand_is_constant(right) && !operand_is_constant(left)) {
        if (left->type == TYPE_INTEGER && right->is_error && !is_order(op))
            return error_numbers_compare(compile, op, left, right, first, ret_term);
        if (left->type == TYPE_INTEGER && right->type == TYPE_INTEGER)
            return integer_with_constant(compile, op, left, operand_wide(right), first, ret_term);
        if (left->type == TYPE_BOOL) /* true is what is not 0 */
            return compare_range(compile, left, 0, 0, (right->integer != 0) == (op == OP_EQ), first,
                                 ret_term);
        if (left->type == TYPE_IPV4)
            return integer_with_constant(compile, op, left, right->integer, first, ret_term);
        if (left->type == TYPE_TEXT && left->where == WHERE_PLACE && !left->place.field.column)
            return text_with_constant(compile, op, left, &right->text, first, ret_term);
    }
    return compare_registers(compile, op, left, right, first, ret_term);
}

int compare_nodes(struct compile *compile, const struct node *node, enum op op,
                  const struct node *left_node, const struct node *right_node,
                  const struct operand_context *context, uint32_t *ret_term)
{
    uint32_t first = compile->expr->n_steps;
    struct operand left, right;
    int r = value_compile(compile, left_node, context, &left);

    if (r == 0)
        r = value_compile(compile, right_node, context, &right);
    if (r == 0)
        r = adapt(compile, &left, &right);
    if (r == 0)
        r = adapt(compile, &right, &left);
    if (r == 0)
        r = check_types(compile, node, op, &left, &right);
    return r < 0 ? r : compare_operands(compile, op, &left, &right, first, ret_term);
}

int compare_compile(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct node *left = compile_node(compile, node->first);
    const struct operand_context context = value_context(compile, node, &operand_context_none);

    return compare_nodes(compile, node, node->op, left, compile_node(compile, left->next), &context,
                         ret_term);
}
