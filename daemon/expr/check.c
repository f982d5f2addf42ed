// SPDX-License-Identifier: Apache-2.0

/* Conditions: each node of the tree becomes at most one term. `!` leaves no term, it turns its
 * operand's `negated`; constants fold upwards, so that a running expression holds one only when it
 * is one as a whole. Operands are checked before anything is folded: `false && nonsense` is an
 * error still. */

#include "expr/check.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "expr/compare.h"
#include "expr/lex.h"
#include "expr/operand.h"

struct check {
    struct scope scope;
    struct term *terms; /* one for each node at the most */
    uint32_t n_terms;
};

static int check_condition(struct check *check, const struct node *node, uint32_t *ret_term);

static uint32_t add_term(struct check *check, const struct term *term)
{
    check->terms[check->n_terms] = *term;
    return check->n_terms++;
}

/* A field or a constant where a condition must stand. */
static int check_alone(struct check *check, const struct node *node, uint32_t *ret_term)
{
    char words[OPERAND_WORDS_MAX];
    struct operand operand;
    struct term term = {.kind = TERM_FALSE};
    int r = operand_resolve(&check->scope, node, NULL, &operand);

    if (r < 0)
        return r;
    if (operand.type == OPERAND_LIST)
        return lex_refuse(check->scope.error, node->column, node->width,
                          "%s is a list of texts: compare one of its elements, as in %s[0]",
                          operand.field->name, operand.field->name);
    if (operand.type != OPERAND_BOOL) {
        operand_describe(&check->scope, &operand, words);
        return lex_refuse(check->scope.error, node->column, node->width,
                          "%s is no condition: compare it by == != < <= > or >=", words);
    }
    if (operand.field) {
        term.kind = TERM_RANGE;
        term.left = operand_place(&operand);
        term.inverted = true; /* outside of [0, 0] */
    } else {
        term.negated = operand.truth;
    }
    *ret_term = add_term(check, &term);
    return 0;
}

static int check_comparison(struct check *check, const struct node *node, uint32_t *ret_term)
{
    struct term term;
    int r = compare_check(&check->scope, node, &term);

    if (r == 0)
        *ret_term = add_term(check, &term);
    return r;
}

static int check_not(struct check *check, const struct node *node, uint32_t *ret_term)
{
    uint32_t child;
    int r = check_condition(check, &check->scope.tree->nodes[node->first], &child);

    if (r < 0)
        return r;
    check->terms[child].negated = !check->terms[child].negated;
    *ret_term = child;
    return 0;
}

/* The operands of && or || in a list, without those that change nothing. `settles`: the constant
 * that decides the whole. */
static int check_joined(struct check *check, const struct node *node, enum term_kind kind,
                        bool settles, uint32_t *ret_term)
{
    const struct node *nodes = check->scope.tree->nodes;
    struct term joined = {.kind = kind};
    uint32_t last = 0;
    bool settled = false;

    for (uint32_t at = node->first; at; at = nodes[at].next) {
        uint32_t child;
        int r = check_condition(check, &nodes[at], &child);

        if (r < 0)
            return r;
        if (check->terms[child].kind == TERM_FALSE) {
            settled = settled || check->terms[child].negated == settles;
            continue;
        }
        if (last)
            check->terms[last].next = child;
        else
            joined.first = child;
        last = child;
    }
    if (settled || !joined.first)
        joined = (struct term){.kind = TERM_FALSE, .negated = settled ? settles : !settles};
    else if (joined.first == last) {
        *ret_term = last;
        return 0;
    }
    *ret_term = add_term(check, &joined);
    return 0;
}

static int check_condition(struct check *check, const struct node *node, uint32_t *ret_term)
{
    switch (node->kind) {
    case NODE_AND:
        return check_joined(check, node, TERM_ALL, false, ret_term);
    case NODE_OR:
        return check_joined(check, node, TERM_ANY, true, ret_term);
    case NODE_NOT:
        return check_not(check, node, ret_term);
    case NODE_COMPARE:
        return check_comparison(check, node, ret_term);
    default:
        return check_alone(check, node, ret_term);
    }
}

int check_tree(const struct tree *tree, const struct schema *schema, struct expr_error *error,
               struct expr *ret_expr)
{
    _cleanup_(cleanup_free) struct term *terms = calloc(tree->n_nodes, sizeof(*terms));
    struct check check = {.scope = {schema, tree, error}, .terms = terms, .n_terms = 1};
    uint32_t root;
    int r;

    if (!terms) {
        lex_refuse(error, 0, 1, "out of memory");
        return -ENOMEM;
    }
    r = check_condition(&check, &tree->nodes[tree->root], &root);
    if (r < 0)
        return r;
    ret_expr->root = root;
    ret_expr->terms = TAKE_PTR(terms);
    return 0;
}
