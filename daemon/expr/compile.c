// SPDX-License-Identifier: Apache-2.0

/* Constants fold by running the very steps that would run over a batch, on one record that nobody
 * reads: so there is one arithmetic, and what an expression means cannot depend on what is known
 * early. */

#include "expr/compile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr/lex.h"

int compile_refuse(const struct compile *compile, const struct node *node, const char *format, ...)
{
    va_list arguments;
    char text[EXPR_ERROR_MAX];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return lex_refuse(compile->error, node->column, node->width, "%s", text);
}

int compile_no_memory(const struct compile *compile)
{
    lex_refuse(compile->error, 0, 1, "out of memory");
    return -ENOMEM;
}

int compile_count(struct compile *compile, const struct node *node)
{
    if (compile->n_nodes++ < EXPR_NODES_MAX)
        return 0;
    return compile_refuse(compile, node, "an expression has at most %d operands and operators",
                          EXPR_NODES_MAX);
}

/* Room for one more of `size` bytes after the first `used`. */
static int make_room(void **items, uint32_t used, uint32_t *room, size_t size)
{
    uint32_t wanted = *room ? 2 * *room : 8;
    void *grown;

    if (used < *room)
        return 0;
    grown = realloc(*items, wanted * size);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *room = wanted;
    return 0;
}

int compile_add_term(struct compile *compile, const struct term *term, uint32_t *ret_term)
{
    struct expr *expr = compile->expr;

    if (make_room((void **)&expr->terms, expr->n_terms, &compile->room_terms, sizeof(*term)) < 0)
        return compile_no_memory(compile);
    if (expr->n_terms == 0)
        expr->terms[expr->n_terms++] = (struct term){0};
    expr->terms[expr->n_terms] = *term;
    *ret_term = expr->n_terms++;
    return 0;
}

int compile_add_step(struct compile *compile, const struct step *step)
{
    struct expr *expr = compile->expr;

    if (make_room((void **)&expr->steps, expr->n_steps, &compile->room_steps, sizeof(*step)) < 0)
        return compile_no_memory(compile);
    expr->steps[expr->n_steps++] = *step;
    return 0;
}

int compile_take_register(struct compile *compile, const struct node *node, uint32_t *ret_reg)
{
    uint32_t reg = compile->taken == UINT64_MAX ? EXPR_REGISTERS_MAX
                                                : (uint32_t)__builtin_ctzll(~compile->taken);

    if (reg == EXPR_REGISTERS_MAX)
        return compile_refuse(
            compile, node,
            "too complex: more than %d intermediate results at a time; split the expression",
            EXPR_REGISTERS_MAX);
    compile->taken |= UINT64_C(1) << reg;
    if (reg >= compile->expr->n_regs)
        compile->expr->n_regs = reg + 1;
    *ret_reg = reg;
    return 0;
}

void compile_release_register(struct compile *compile, uint32_t reg)
{
    compile->taken &= ~(UINT64_C(1) << reg);
}

void compile_fold(struct compile *compile, uint32_t first)
{
    const uint16_t selection[1] = {0};
    const struct run run = {.regs = compile->regs, .expr = compile->expr};
    struct expr *expr = compile->expr;

    for (uint32_t i = first; i < expr->n_steps; i++)
        expr->steps[i].run(&expr->steps[i], &run, selection, 1);
    expr->n_steps = first;
}

const struct node *compile_node(const struct compile *compile, uint32_t index)
{
    return &compile->tree->nodes[index];
}
