// SPDX-License-Identifier: Apache-2.0

/* A text against a regular expression, which is a constant. */

#include "expr/condition.h"

#include <errno.h>

#include "expr/compare.h"
#include "expr/compile_value.h"
#include "expr/cost.h"
#include "expr/operand_load.h"
#include "expr/pattern.h"

/* A match that was given up makes both =~ and !~ false. */
static uint32_t predicate_match(const struct term *term, const struct run *run, bool wanted,
                                uint16_t *selection, uint32_t n)
{
    const struct text *texts = run->regs[term->a].texts;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool match = false;

        if (texts[k].bytes) {
            enum pattern_result result = pattern_match(term->set, &texts[k]);

            if (result == PATTERN_LIMIT)
                counter_add(&run->expr->failures.matches, 1);
            match = result == (term->inverted ? PATTERN_NO : PATTERN_YES);
        }
        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}

static int check_sides(const struct compile *compile, const struct node *node,
                       const struct operand *left, const struct operand *right)
{
    const char *spelling = node->negative ? "!~" : "=~";
    char words[OPERAND_WORDS_MAX];
    int r = operand_check_value(compile, left);

    if (r == 0)
        r = operand_check_value(compile, right);
    if (r < 0)
        return r;
    if (left->type != TYPE_TEXT && left->type != TYPE_NULL) {
        operand_describe(compile, left, words);
        return compile_refuse(compile, node, "%s needs text on its left; %s", spelling, words);
    }
    if (right->type == TYPE_TEXT && operand_is_constant(right) && !right->is_null)
        return 0;
    operand_describe(compile, right, words);
    return compile_refuse(compile, right->node,
                          "%s needs a regular expression in quotes on its right; %s%s", spelling,
                          words, right->type == TYPE_TEXT ? ", but not a constant" : "");
}

/* Points into the pattern where that is written as it is. */
static int refuse_pattern(const struct compile *compile, const struct operand *right,
                          const char *wrong, uint32_t at)
{
    struct node node = *right->node;

    if (node.kind == NODE_TEXT && node.width == right->text.length + 2) {
        node.column += 1 + at;
        node.width = 1;
    }
    return compile_refuse(compile, &node, "invalid regular expression at byte %u: %s", at, wrong);
}

static int make_pattern(struct compile *compile, const struct operand *right, struct pattern **ret)
{
    char wrong[PATTERN_ERROR_MAX];
    uint32_t at;
    int r;

    if (compile->n_patterns++ == PATTERN_COUNT_MAX)
        return compile_refuse(compile, right->node,
                              "an expression has at most %d regular expressions",
                              PATTERN_COUNT_MAX);
    if (right->text.length > PATTERN_LENGTH_MAX)
        return compile_refuse(compile, right->node, "a regular expression has at most %d bytes",
                              PATTERN_LENGTH_MAX);
    r = pattern_new(compile->expr, &right->text, wrong, &at, ret);
    if (r == -ENOMEM)
        return compile_no_memory(compile);
    return r < 0 ? refuse_pattern(compile, right, wrong, at) : 0;
}

int match_compile(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct node *left_node = compile_node(compile, node->first);
    const struct node *right_node = compile_node(compile, left_node->next);
    struct term term = {.run = predicate_match,
                        .inverted = node->negative,
                        .cost = COST_PATTERN,
                        .passes = node->negative ? 100 - PASSES_SOME : PASSES_SOME};
    uint32_t first = compile->expr->n_steps;
    /* texts that cannot match are decided in place */
    struct term both = {.kind = TERM_ALL,
                        .levels = 1,
                        .cost = COST_PREFIX + COST_PATTERN * PASSES_SOME / 100,
                        .passes = PASSES_SOME};
    struct operand left, right;
    struct pattern *pattern;
    struct text prefix;
    bool constant, all;
    int r = value_compile(compile, left_node, &operand_context_none, &left);

    if (r == 0)
        r = value_compile(compile, right_node, &operand_context_none, &right);
    if (r == 0)
        r = check_sides(compile, node, &left, &right);
    if (r == 0)
        r = make_pattern(compile, &right, &pattern);
    if (r < 0)
        return r;
    if (left.type == TYPE_NULL)
        return compare_add_truth(compile, false, ret_term);
    prefix = pattern_prefix(pattern, &all);
    if (prefix.length && !node->negative && compare_is_plain_text(&left))
        r = compare_prefix(compile, &left, &prefix, first, &both.first);
    if (r < 0 || (both.first && all)) {
        *ret_term = both.first;
        return r;
    }
    constant = operand_is_constant(&left);
    r = operand_load(compile, &left);
    if (r < 0)
        return r;
    term.set = pattern;
    term.a = left.reg;
    operand_drop(compile, &left);
    r = compare_add_predicate(compile, &term, first, constant, ret_term);
    if (r < 0 || !both.first)
        return r;
    compile->expr->terms[both.first].next = *ret_term;
    return compile_add_term(compile, &both, ret_term);
}
