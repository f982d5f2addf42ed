// SPDX-License-Identifier: Apache-2.0

/* Selection algebra. Everything is said by one operation: run a term over a selection and keep
 * those for which it is what is wanted, true or false. Then
 *
 *     all(a, b) wanted true     b runs over what a kept
 *     any(a, b) wanted false    the same, both wanted false
 *     the two others            what the opposite would keep, taken away
 *
 * so `a || b` runs b only over what a left out, `!` costs nothing, no result is ever merged or
 * sorted, and ascending order is kept by construction. A predicate reads a selection before it
 * writes it, so it may work in place; only the difference needs a copy, one for each level, and
 * EXPR_LEVELS_MAX bounds the levels. */

#include "expr/eval.h"

#include <string.h>

/* What in holds and out does not; out is a part of in, both ascend. The result replaces out. Not
 * inlined: its copy must not stay on the stack of each level. */
__attribute__((noinline)) static uint32_t take_away(const uint16_t *in, uint32_t n, uint16_t *out,
                                                    uint32_t n_out)
{
    uint16_t gone[BATCH_MAX + 1];
    uint32_t k = 0, left = 0;

    memcpy(gone, out, n_out * sizeof(*out));
    gone[n_out] = UINT16_MAX; /* no index */
    for (uint32_t i = 0; i < n; i++) {
        bool is_gone = in[i] == gone[k];

        out[left] = in[i];
        k += is_gone;
        left += !is_gone;
    }
    return left;
}

static uint32_t run_term(const struct run *run, uint32_t index, bool wanted, uint16_t *selection,
                         uint32_t n);

static void run_steps(const struct run *run, uint32_t first, uint32_t n_steps,
                      const uint16_t *selection, uint32_t n)
{
    for (uint32_t i = first; i < first + n_steps; i++)
        run->expr->steps[i].run(&run->expr->steps[i], run, selection, n);
}

static inline uint32_t run_leaf(const struct run *run, const struct term *term, bool wanted,
                                uint16_t *selection, uint32_t n)
{
    run_steps(run, term->first_step, term->n_steps, selection, n);
    return term->run(term, run, wanted, selection, n);
}

/* Each child runs over what the previous one kept. Most are leaves, which need no recursion. */
static uint32_t run_children(const struct run *run, const struct term *term, bool wanted,
                             uint16_t *selection, uint32_t n)
{
    const struct term *child;

    for (uint32_t at = term->first; at && n; at = child->next) {
        child = &run->expr->terms[at];
        n = child->kind == TERM_PREDICATE
                ? run_leaf(run, child, wanted ^ child->negated, selection, n)
                : run_term(run, at, wanted, selection, n);
    }
    return n;
}

static uint32_t run_opposite(const struct run *run, const struct term *term, bool wanted,
                             uint16_t *selection, uint32_t n)
{
    uint16_t before[BATCH_MAX];
    uint32_t kept;

    memcpy(before, selection, n * sizeof(*selection));
    kept = run_children(run, term, !wanted, selection, n);
    return take_away(before, n, selection, kept);
}

static uint32_t run_term(const struct run *run, uint32_t index, bool wanted, uint16_t *selection,
                         uint32_t n)
{
    const struct term *term = &run->expr->terms[index];

    wanted ^= term->negated;
    switch (term->kind) {
    case TERM_FALSE:
        return wanted ? 0 : n;
    case TERM_PREDICATE:
        return run_leaf(run, term, wanted, selection, n);
    default:
        return (term->kind == TERM_ALL) == wanted ? run_children(run, term, wanted, selection, n)
                                                  : run_opposite(run, term, wanted, selection, n);
    }
}

uint32_t eval_select(struct expr *expr, const struct batch *batch, uint16_t *selection, uint32_t n)
{
    const struct run run = {.batch = batch, .regs = expr->regs, .expr = expr};

    return n ? run_term(&run, expr->root, true, selection, n) : 0;
}

void eval_values(struct expr *expr, const struct batch *batch)
{
    const struct run run = {.batch = batch, .regs = expr->regs, .expr = expr};

    run_steps(&run, expr->first_step, expr->n_steps - expr->first_step, batch->selection,
              batch->selected);
}
