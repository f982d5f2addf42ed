// SPDX-License-Identifier: Apache-2.0

/* Every comparison of an integer with a constant becomes one question: does the value lie in
 * [lowest, lowest + span]? The constant is clipped to what the field can hold here, in 128 bits,
 * where neither sign nor width can surprise; at run time one subtraction and one unsigned compare
 * answer it for all six operators, all widths and both signs. Two fields compare as == or <, which
 * the others are by swapping sides or inverting. */

#include "expr/compare.h"

#include <string.h>

#include "expr/lex.h"

static const enum compare mirrored[] = {
    [COMPARE_EQ] = COMPARE_EQ, [COMPARE_NE] = COMPARE_NE, [COMPARE_LT] = COMPARE_GT,
    [COMPARE_LE] = COMPARE_GE, [COMPARE_GT] = COMPARE_LT, [COMPARE_GE] = COMPARE_LE,
};

static struct term truth_term(bool truth)
{
    return (struct term){.kind = TERM_FALSE, .negated = truth};
}

static bool is_order(enum compare compare)
{
    return compare != COMPARE_EQ && compare != COMPARE_NE;
}

static int check_types(const struct scope *scope, const struct node *node,
                       const struct operand *left, const struct operand *right)
{
    const char *spelling = compare_spelling(node->compare);
    const struct operand *list = left->type == OPERAND_LIST ? left : right;
    char words[2][OPERAND_WORDS_MAX];

    if (list->type == OPERAND_LIST)
        return lex_refuse(scope->error, list->node->column, list->node->width,
                          "%s is a list of texts: compare one of its elements, as in %s[0]",
                          list->field->name, list->field->name);
    operand_describe(scope, left, words[0]);
    operand_describe(scope, right, words[1]);
    if (left->type != right->type)
        return lex_refuse(scope->error, node->column, node->width,
                          "%s cannot compare %s with %s: both sides must be integers, texts or "
                          "bools",
                          spelling, words[0], words[1]);
    if (left->type != OPERAND_INTEGER && is_order(node->compare))
        return lex_refuse(scope->error, node->column, node->width,
                          "%s orders integers only: %s and %s can be == or !=", spelling, words[0],
                          words[1]);
    return 0;
}

static bool compare_values(enum compare compare, wide left, wide right)
{
    switch (compare) {
    case COMPARE_EQ:
        return left == right;
    case COMPARE_NE:
        return left != right;
    case COMPARE_LT:
        return left < right;
    case COMPARE_LE:
        return left <= right;
    case COMPARE_GT:
        return left > right;
    case COMPARE_GE:
        return left >= right;
    }
    __builtin_unreachable();
}

static bool compare_constants(enum compare compare, const struct operand *left,
                              const struct operand *right)
{
    if (left->type == OPERAND_INTEGER)
        return compare_values(compare, left->value, right->value);
    if (left->type == OPERAND_BOOL)
        return compare_values(compare, left->truth, right->truth);
    return (left->text.length == right->text.length &&
            memcmp(left->text.bytes, right->text.bytes, left->text.length) == 0) ==
           (compare == COMPARE_EQ);
}

/* Is the field in [lowest, highest], by value? Both may lie outside of what it can hold. */
static struct term range_term(const struct operand *left, wide lowest, wide highest, bool inverted)
{
    unsigned bits = 8 * left->field->size;
    wide least = left->field->is_signed ? -((wide)1 << (bits - 1)) : 0;
    wide most = least + (((wide)1 << bits) - 1);
    struct term term = {.kind = TERM_RANGE, .left = operand_place(left), .inverted = inverted};

    lowest = lowest > least ? lowest : least;
    highest = highest < most ? highest : most;
    if (lowest > highest) {
        if (!inverted)
            return truth_term(false);
        lowest = least;
        highest = most;
        term.inverted = false; /* true unless null */
    }
    term.lowest = (uint64_t)lowest;
    term.span = (uint64_t)(highest - lowest);
    return term;
}

static struct term integer_constant_term(enum compare compare, const struct operand *left,
                                         wide value)
{
    const wide far = (wide)1 << 65;

    switch (compare) {
    case COMPARE_EQ:
    case COMPARE_NE:
        return range_term(left, value, value, compare == COMPARE_NE);
    case COMPARE_LT:
        return range_term(left, -far, value - 1, false);
    case COMPARE_LE:
        return range_term(left, -far, value, false);
    case COMPARE_GT:
        return range_term(left, value + 1, far, false);
    case COMPARE_GE:
        return range_term(left, value, far, false);
    }
    __builtin_unreachable();
}

/* A bool's one byte is true when it is not 0. */
static struct term bool_constant_term(enum compare compare, const struct operand *left, bool truth)
{
    return (struct term){.kind = TERM_RANGE,
                         .left = operand_place(left),
                         .inverted = truth == (compare == COMPARE_EQ)};
}

static struct term fields_term(enum compare compare, const struct operand *left,
                               const struct operand *right)
{
    bool swapped = compare == COMPARE_GT || compare == COMPARE_LE;

    return (struct term){
        .kind = is_order(compare) ? TERM_LESS : TERM_EQUAL,
        .left = operand_place(swapped ? right : left),
        .right = operand_place(swapped ? left : right),
        .inverted = compare == COMPARE_NE || compare == COMPARE_LE || compare == COMPARE_GE,
    };
}

/* The constant and the NUL behind it, as the field's first and last 8 bytes. */
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

static struct term text_constant_term(enum compare compare, const struct operand *left,
                                      const struct text *text)
{
    const struct field *field = left->field;
    struct term term = {.kind = TERM_TEXT,
                        .left = operand_place(left),
                        .inverted = compare == COMPARE_NE,
                        .text = *text};

    if (memchr(text->bytes, 0, text->length) ||
        (field->kind == FIELD_CHARS && text->length > field->size)) {
        /* No field's text holds a NUL or is longer than its place. */
        term.text.bytes = NULL;
        return term.inverted ? term : truth_term(false);
    }
    if (field->kind == FIELD_CHARS && field->size >= 8 && field->size <= 16) {
        term.kind = TERM_TEXT_WORDS;
        fill_words(&term, field->size);
    }
    return term;
}

static struct term fold(enum compare compare, const struct operand *left,
                        const struct operand *right)
{
    if (!left->field && !right->field)
        return truth_term(compare_constants(compare, left, right));
    if (!left->field)
        return fold(mirrored[compare], right, left);
    if (right->field) {
        struct term term = fields_term(compare, left, right);

        if (left->type == OPERAND_TEXT)
            term.kind = TERM_TEXTS;
        return term;
    }
    if (left->type == OPERAND_INTEGER)
        return integer_constant_term(compare, left, right->value);
    if (left->type == OPERAND_BOOL)
        return bool_constant_term(compare, left, right->truth);
    return text_constant_term(compare, left, &right->text);
}

int compare_check(const struct scope *scope, const struct node *node, struct term *ret_term)
{
    const struct node *left_node = &scope->tree->nodes[node->first];
    const struct node *right_node = &scope->tree->nodes[left_node->next];
    struct operand left, right;
    int r = operand_resolve(scope, left_node, right_node, &left);

    if (r == 0)
        r = operand_resolve(scope, right_node, left_node, &right);
    if (r == 0)
        r = check_types(scope, node, &left, &right);
    if (r == 0)
        *ret_term = fold(node->compare, &left, &right);
    return r;
}
