// SPDX-License-Identifier: Apache-2.0
#include "expr/error_numbers.h"

#include "expr/cost.h"
#include "expr/predicate.h"
#include "expr/set.h"

uint32_t error_numbers(const struct operand *left, const struct operand *error,
                       wide ret[ERROR_NUMBERS_MAX])
{
    const struct field *field = left->where == WHERE_PLACE ? &left->place.field : NULL;
    uint32_t bits = field && !field->column ? 8 * field->size : 64;

    ret[0] = operand_wide(error);
    if (field && field->bits)
        bits = field->bits;
    if (left->is_signed)
        ret[1] = -ret[0];
    else if (bits == 32 || bits == 64)
        ret[1] = ((wide)1 << bits) - ret[0];
    else
        return 1;
    return ERROR_NUMBERS_MAX;
}

int error_numbers_compare(struct compile *compile, enum op op, struct operand *left,
                          const struct operand *error, uint32_t first, uint32_t *ret_term)
{
    struct term term = {.run = predicate_few,
                        .inverted = op == OP_NE,
                        .cost = COST_FEW,
                        .passes = op == OP_NE ? 100 - PASSES_EQUAL : PASSES_EQUAL};
    uint64_t points[ERROR_NUMBERS_MAX];
    wide numbers[ERROR_NUMBERS_MAX];
    uint32_t n = error_numbers(left, error, numbers);

    for (uint32_t i = 0; i < n; i++)
        points[i] = (uint64_t)numbers[i];
    term.set = integer_set_new(compile->expr, points, n);
    if (!term.set)
        return compile_no_memory(compile);
    term.left = operand_place(left);
    operand_drop(compile, left);
    return compare_add(compile, &term, first, ret_term);
}
