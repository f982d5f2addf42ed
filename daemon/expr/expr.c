// SPDX-License-Identifier: Apache-2.0

/* The face of the language: text to tree, tree to program, and the tree goes. */

#include "expr/expr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "expr/compile.h"
#include "expr/compile_value.h"
#include "expr/condition.h"
#include "expr/eval.h"
#include "expr/operand_load.h"

DEFINE_CLEANUP(struct expr, expr_free);

static int compile_condition(struct compile *compile)
{
    struct expr *expr = compile->expr;

    expr->result = (struct field){.name = "", .kind = FIELD_BOOL, .size = 1};
    return condition_compile(compile, compile_node(compile, compile->tree->root), &expr->root);
}

static int compile_value(struct compile *compile)
{
    struct expr *expr = compile->expr;
    struct operand operand;
    int r = value_compile(compile, compile_node(compile, compile->tree->root),
                          &operand_context_none, &operand);

    if (r == 0)
        r = operand_check_value(compile, &operand);
    if (r == 0)
        r = operand_result(compile, &operand, &expr->result);
    if (r == 0)
        r = operand_load(compile, &operand);
    if (r == 0)
        expr->value = operand.reg;
    return r;
}

static int compile_tree(struct compile *compile, bool is_value)
{
    struct expr *expr = compile->expr;
    int r;

    compile->regs = calloc(EXPR_REGISTERS_MAX, sizeof(*compile->regs));
    if (!compile->regs)
        return compile_no_memory(compile);
    if (is_value && !node_is_condition(compile, compile_node(compile, compile->tree->root)))
        r = compile_value(compile);
    else
        r = compile_condition(compile);
    free(compile->regs);
    if (r < 0)
        return r;
    expr->has_patterns = compile->n_patterns > 0;
    expr->has_copies = compile->n_copies > 0;
    expr->regs = calloc(expr->n_regs + 1, sizeof(*expr->regs));
    return expr->regs ? 0 : compile_no_memory(compile);
}

static int compile_text(const char *text, const struct expr_scope *scope, bool is_value,
                        struct expr_error *error, struct expr **ret_expr)
{
    _cleanup_(tree_deinit) struct tree tree = {0};
    _cleanup_(cleanup_expr_free) struct expr *expr = calloc(1, sizeof(*expr));
    struct compile compile = {.scope = scope, .tree = &tree, .error = error, .expr = expr};
    int r;

    error->def = NULL;
    error->reported = false;
    if (!expr)
        return compile_no_memory(&compile);
    r = tree_parse(text, error, &tree);
    if (r == 0)
        r = compile_tree(&compile, is_value);
    if (r < 0)
        return r;
    *ret_expr = TAKE_PTR(expr);
    return 0;
}

int expr_compile(const char *text, const struct expr_scope *scope, struct expr_error *error,
                 struct expr **ret_expr)
{
    return compile_text(text, scope, false, error, ret_expr);
}

int expr_compile_value(const char *text, const struct expr_scope *scope, struct expr_error *error,
                       struct expr **ret_expr)
{
    return compile_text(text, scope, true, error, ret_expr);
}

const struct field *expr_result(const struct expr *expr)
{
    return &expr->result;
}

const struct field *expr_text_field(const struct expr *expr)
{
    const struct step *step = &expr->steps[expr->first_step];
    const struct field *field = &step->place.field;
    bool is_load = !expr->root && expr->n_steps == expr->first_step + 1 &&
                   step->run == load_run_texts && !field->column && !field_is_conditional(field);

    return is_load && field->size > 0 && (field->kind == FIELD_CHARS || field->kind == FIELD_BYTES)
               ? field
               : NULL;
}

void expr_add_failures(const struct expr *expr, struct expr_failures *sum)
{
    if (!expr)
        return;
    sum->has_patterns |= expr->has_patterns;
    sum->has_copies |= expr->has_copies;
    sum->matches += counter_get(&expr->failures.matches);
    sum->copies += counter_get(&expr->failures.copies);
}

void expr_select(struct expr *expr, struct batch *batch)
{
    batch->selected = eval_select(expr, batch, batch->selection, batch->selected);
}

/* A condition is never null. */
static void condition_values(struct expr *expr, const struct batch *batch,
                             struct column *ret_values)
{
    uint16_t selection[BATCH_MAX];
    uint32_t n;

    memcpy(selection, batch->selection, batch->selected * sizeof(*selection));
    n = eval_select(expr, batch, selection, batch->selected);
    for (uint32_t k = 0; k < batch->selected; k++)
        ret_values->integers[batch->selection[k]] = 0;
    for (uint32_t k = 0; k < n; k++)
        ret_values->integers[selection[k]] = 1;
    memset(ret_values->null, 0, sizeof(ret_values->null));
}

/* From dense to the views' indexes. */
static void spread_texts(const struct reg *reg, const struct batch *batch,
                         struct column *ret_values)
{
    for (uint32_t k = 0; k < batch->selected; k++) {
        ret_values->texts[batch->selection[k]] = reg->texts[k];
        column_set_null(ret_values, batch->selection[k], !reg->texts[k].bytes);
    }
}

static void spread_numbers(const struct reg *reg, const struct batch *batch,
                           struct column *ret_values)
{
    for (uint32_t k = 0; k < batch->selected; k++) {
        ret_values->integers[batch->selection[k]] = reg->integers[k];
        column_set_null(ret_values, batch->selection[k], !reg->present[k]);
    }
}

void expr_values(struct expr *expr, const struct batch *batch, struct column *ret_values)
{
    const struct reg *reg = &expr->regs[expr->value];

    if (expr->root) {
        condition_values(expr, batch, ret_values);
        return;
    }
    eval_values(expr, batch);
    if (expr->result.kind == FIELD_CHARS || expr->result.kind == FIELD_BYTES)
        spread_texts(reg, batch, ret_values);
    else
        spread_numbers(reg, batch, ret_values);
}
