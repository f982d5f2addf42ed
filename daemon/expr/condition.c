// SPDX-License-Identifier: Apache-2.0

/* Each condition of the tree becomes at most one term. `!` leaves no term, it turns its operand's
 * `negated`; constants fold upwards, so that a running expression holds one only when it is one as
 * a whole. Operands are checked before anything is folded: `false && nonsense` is an error still.
 *
 * No condition has an effect, so what && and || join runs in the order that promises to cost
 * least. */

#include "expr/condition.h"

#include "expr/arithmetic.h"
#include "expr/compare.h"
#include "expr/compile_value.h"
#include "expr/cost.h"
#include "expr/defs.h"
#include "expr/function.h"
#include "expr/predicate.h"

bool node_is_condition(const struct compile *compile, const struct node *node)
{
    const struct expr_def *def;

    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
    case NODE_COMPARE:
    case NODE_MATCH:
    case NODE_IN:
        return true;
    case NODE_CALL:
        return function_is_condition(node);
    case NODE_NAME:
        def = expr_defs_find(compile->scope->defs, node);
        if (def) {
            struct compile inner = *compile;

            inner.tree = &def->tree;
            return node_is_condition(&inner, compile_node(&inner, def->tree.root));
        }
        return false;
    default:
        return false;
    }
}

/* a & b, and nothing else: is any of these bits set? */
static bool is_flags(const struct compile *compile, const struct node *node)
{
    return node->kind == NODE_CHAIN &&
           compile_node(compile, compile_node(compile, node->first)->next)->op == OP_AND;
}

static int compile_flags(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct node *left_node = compile_node(compile, node->first);
    const struct node *right_node = compile_node(compile, left_node->next);
    const struct operand_context context = value_context(compile, node, &operand_context_none);
    uint32_t first = compile->expr->n_steps;
    struct operand left, right;
    struct term term = {.run = predicate_mask, .cost = COST_RANGE, .passes = PASSES_HALF};
    int r;

    if (right_node->next) {
        r = value_compile(compile, node, &context, &left);
        return r < 0 ? r : compare_range(compile, &left, 0, 0, true, first, ret_term);
    }
    r = value_compile(compile, left_node, &context, &left);
    if (r == 0)
        r = value_compile(compile, right_node, &context, &right);
    if (r < 0)
        return r;
    if (left.type == TYPE_INTEGER && left.where == WHERE_PLACE && right.type == TYPE_INTEGER &&
        operand_is_constant(&right) && !right.is_null) {
        term.left = left.place;
        term.span = right.integer;
        return compare_add(compile, &term, first, ret_term);
    }
    r = arithmetic_binary(compile, node, OP_AND, &left, &right);
    return r < 0 ? r : compare_range(compile, &left, 0, 0, true, first, ret_term);
}

/* A field or a constant where a condition must be. */
static int compile_alone(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    char words[OPERAND_WORDS_MAX];
    uint32_t first = compile->expr->n_steps;
    struct operand operand;
    int r = value_compile(compile, node, &operand_context_none, &operand);

    if (r == 0)
        r = operand_check_value(compile, &operand);
    if (r < 0)
        return r;
    if (operand.type != TYPE_BOOL && operand.type != TYPE_NULL) {
        operand_describe(compile, &operand, words);
        return compile_refuse(compile, node,
                              "%s, not a condition; compare it with ==, !=, <, <=, > or >=", words);
    }
    if (operand_is_constant(&operand))
        return compare_add_truth(compile, !operand.is_null && operand.integer, ret_term);
    return compare_range(compile, &operand, 0, 0, true, first, ret_term);
}

static int compile_not(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    uint32_t child;
    int r = condition_compile(compile, compile_node(compile, node->first), &child);

    if (r < 0)
        return r;
    compile->expr->terms[child].negated = !compile->expr->terms[child].negated;
    *ret_term = child;
    return 0;
}

/* Of a hundred records, how many does the term leave for those after it? */
static uint32_t leaves(const struct term *term, enum term_kind kind)
{
    bool holds = term->negated == (kind == TERM_ANY);

    return holds ? term->passes : 100 - term->passes;
}

/* What it costs to take one record away from those after it: the least comes first. */
static uint32_t rank(const struct term *term, enum term_kind kind)
{
    return 1000 * term->cost / (100 - leaves(term, kind) + 1);
}

/* Puts the child after all that are not worse. */
static void insert(struct term *terms, struct term *joined, uint32_t child)
{
    uint32_t *at = &joined->first;

    while (*at && rank(&terms[*at], joined->kind) <= rank(&terms[child], joined->kind))
        at = &terms[*at].next;
    terms[child].next = *at;
    *at = child;
    if (joined->levels < terms[child].levels)
        joined->levels = terms[child].levels;
}

/* The guesses for the whole, from those for its children in their order. */
static void estimate(const struct term *terms, struct term *joined)
{
    uint32_t left = 10000; /* of so many records */

    for (uint32_t at = joined->first; at; at = terms[at].next) {
        joined->cost += terms[at].cost * left / 10000 + 1;
        left = left * leaves(&terms[at], joined->kind) / 100;
    }
    joined->passes = (uint8_t)((joined->kind == TERM_ALL ? left : 10000 - left) / 100);
}

/* The operands of && or || in a list, without those that change nothing. `settles`: the constant
 * that decides the whole. */
static int compile_joined(struct compile *compile, const struct node *node, enum term_kind kind,
                          bool settles, uint32_t *ret_term)
{
    struct term joined = {.kind = kind};
    bool settled = false;

    for (uint32_t at = node->first; at; at = compile->tree->nodes[at].next) {
        const struct term *term;
        uint32_t child;
        int r = condition_compile(compile, compile_node(compile, at), &child);

        if (r < 0)
            return r;
        term = &compile->expr->terms[child];
        if (term->kind == TERM_FALSE)
            settled = settled || term->negated == settles;
        else
            insert(compile->expr->terms, &joined, child);
    }
    if (settled || !joined.first)
        return compare_add_truth(compile, settled ? settles : !settles, ret_term);
    if (!compile->expr->terms[joined.first].next) {
        *ret_term = joined.first;
        return 0;
    }
    if (++joined.levels > EXPR_LEVELS_MAX)
        return compile_refuse(compile, node, "&& and || can be nested at most %d levels deep",
                              EXPR_LEVELS_MAX);
    estimate(compile->expr->terms, &joined);
    return compile_add_term(compile, &joined, ret_term);
}

static int compile_def(struct compile *compile, const struct expr_def *def, uint32_t *ret_term)
{
    const struct tree *outer = compile->tree;
    int r;

    compile->tree = &def->tree;
    r = condition_compile(compile, compile_node(compile, def->tree.root), ret_term);
    compile->tree = outer;
    if (r < 0 && !compile->error->def)
        compile->error->def = def;
    return r;
}

int condition_compile(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct expr_def *def =
        node->kind == NODE_NAME ? expr_defs_find(compile->scope->defs, node) : NULL;
    int r = compile_count(compile, node);

    if (r < 0)
        return r;
    if (def)
        return compile_def(compile, def, ret_term);
    switch (node->kind) {
    case NODE_AND:
        return compile_joined(compile, node, TERM_ALL, false, ret_term);
    case NODE_OR:
        return compile_joined(compile, node, TERM_ANY, true, ret_term);
    case NODE_NOT:
        return compile_not(compile, node, ret_term);
    case NODE_COMPARE:
        return compare_compile(compile, node, ret_term);
    case NODE_IN:
        return member_compile(compile, node, ret_term);
    case NODE_MATCH:
        return match_compile(compile, node, ret_term);
    case NODE_CALL:
        if (function_is_condition(node))
            return function_condition(compile, node, ret_term);
        return compile_alone(compile, node, ret_term);
    default:
        return is_flags(compile, node) ? compile_flags(compile, node, ret_term)
                                       : compile_alone(compile, node, ret_term);
    }
}
