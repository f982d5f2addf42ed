// SPDX-License-Identifier: Apache-2.0

/* One loop for each operator and each pair of signs. The compiler's overflow builtins compute in
 * endless precision whatever the signs, which is the rule of the language. Absent values are zeros
 * of some kind, so computing with them is harmless and needs no jump. */

#include "expr/arithmetic.h"

#include <math.h>

#include "expr/operand_load.h"

static bool is_signed_result(enum op op, bool a, bool b)
{
    switch (op) {
    case OP_SUBTRACT:
        return true;
    case OP_AND:
        return a && b;
    case OP_SHIFT_LEFT:
    case OP_SHIFT_RIGHT:
        return a;
    default:
        return a || b;
    }
}

#define OVERFLOWS(builtin, a, b, a_signed, b_signed, ret)                              \
    ((a_signed) && (b_signed) ? builtin((int64_t)(a), (int64_t)(b), (int64_t *)(ret))  \
     : (a_signed)             ? builtin((int64_t)(a), (uint64_t)(b), (int64_t *)(ret)) \
     : (b_signed)             ? builtin((uint64_t)(a), (int64_t)(b), (int64_t *)(ret)) \
                              : builtin((uint64_t)(a), (uint64_t)(b), (uint64_t *)(ret)))

ALWAYS_INLINE uint64_t magnitude(uint64_t bits, bool is_signed)
{
    return is_signed && (int64_t)bits < 0 ? -bits : bits;
}

/* A magnitude with its sign, if that fits. */
ALWAYS_INLINE bool signed_fits(uint64_t size, bool negative, bool is_signed, uint64_t *ret)
{
    *ret = negative ? -size : size;
    return !is_signed || size <= (uint64_t)INT64_MAX + negative;
}

ALWAYS_INLINE bool divide(uint64_t a, uint64_t b, bool a_signed, bool b_signed, bool remainder,
                          uint64_t *ret)
{
    bool a_negative = a_signed && (int64_t)a < 0;
    bool b_negative = b_signed && (int64_t)b < 0;
    uint64_t divisor = magnitude(b, b_signed);
    uint64_t dividend = magnitude(a, a_signed);
    uint64_t safe = divisor | (divisor == 0);
    bool fits = remainder ? signed_fits(dividend % safe, a_negative, a_signed || b_signed, ret)
                          : signed_fits(dividend / safe, a_negative != b_negative,
                                        a_signed || b_signed, ret);

    return fits && divisor;
}

ALWAYS_INLINE bool shift_left(uint64_t a, uint64_t by, bool a_signed, uint64_t *ret)
{
    uint64_t shifted = a << (by & 63);
    uint64_t back = a_signed ? (uint64_t)((int64_t)shifted >> (by & 63)) : shifted >> (by & 63);

    *ret = shifted;
    return by < 64 && back == a;
}

/* | and ^ of which one operand is signed: the sign comes from there, so bit 63 must say the same.
 */
ALWAYS_INLINE bool sign_fits(uint64_t result, uint64_t a, uint64_t b, bool a_signed, bool b_signed)
{
    uint64_t sign = (a_signed ? a : 0) ^ (b_signed ? b : 0);

    return a_signed == b_signed || (int64_t)(result ^ sign) >= 0;
}

/* False: the type cannot hold the result. */
ALWAYS_INLINE bool compute(enum op op, uint64_t a, uint64_t b, bool a_signed, bool b_signed,
                           uint64_t *ret)
{
    switch (op) {
    case OP_ADD:
        return !OVERFLOWS(__builtin_add_overflow, a, b, a_signed, b_signed, ret);
    case OP_MULTIPLY:
        return !OVERFLOWS(__builtin_mul_overflow, a, b, a_signed, b_signed, ret);
    case OP_SUBTRACT:
        if (!a_signed && !b_signed)
            return !__builtin_sub_overflow(a, b, (int64_t *)ret);
        return !OVERFLOWS(__builtin_sub_overflow, a, b, a_signed, b_signed, ret);
    case OP_DIVIDE:
        return divide(a, b, a_signed, b_signed, false, ret);
    case OP_REMAINDER:
        return divide(a, b, a_signed, b_signed, true, ret);
    case OP_AND:
        *ret = a & b;
        return true;
    case OP_OR:
        *ret = a | b;
        return sign_fits(*ret, a, b, a_signed, b_signed);
    case OP_XOR:
        *ret = a ^ b;
        return sign_fits(*ret, a, b, a_signed, b_signed);
    case OP_SHIFT_LEFT:
        return shift_left(a, b, a_signed, ret);
    case OP_SHIFT_RIGHT:
        *ret = a_signed ? (uint64_t)((int64_t)a >> (b & 63)) : a >> (b & 63);
        return b < 64;
    default:
        __builtin_unreachable();
    }
}

ALWAYS_INLINE void integers_loop(const struct step *step, const struct run *run, uint32_t n,
                                 enum op op, bool a_signed, bool b_signed)
{
    const struct reg *a = &run->regs[step->a], *b = &run->regs[step->b];
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        uint64_t result;
        bool fits = compute(op, a->integers[k], b->integers[k], a_signed, b_signed, &result);

        out->present[k] = a->present[k] & b->present[k] & fits;
        out->integers[k] = result;
    }
}

ALWAYS_INLINE void integers_by_sign(const struct step *step, const struct run *run, uint32_t n,
                                    enum op op)
{
    if (step->a_signed && step->b_signed)
        integers_loop(step, run, n, op, true, true);
    else if (step->a_signed)
        integers_loop(step, run, n, op, true, false);
    else if (step->b_signed)
        integers_loop(step, run, n, op, false, true);
    else
        integers_loop(step, run, n, op, false, false);
}

static void run_integers(const struct step *step, const struct run *run, const uint16_t *selection,
                         uint32_t n)
{
    (void)selection;
    switch (step->op) {
    case OP_ADD:
        return integers_by_sign(step, run, n, OP_ADD);
    case OP_SUBTRACT:
        return integers_by_sign(step, run, n, OP_SUBTRACT);
    case OP_MULTIPLY:
        return integers_by_sign(step, run, n, OP_MULTIPLY);
    case OP_DIVIDE:
        return integers_by_sign(step, run, n, OP_DIVIDE);
    case OP_REMAINDER:
        return integers_by_sign(step, run, n, OP_REMAINDER);
    case OP_AND:
        return integers_by_sign(step, run, n, OP_AND);
    case OP_OR:
        return integers_by_sign(step, run, n, OP_OR);
    case OP_XOR:
        return integers_by_sign(step, run, n, OP_XOR);
    case OP_SHIFT_LEFT:
        return integers_by_sign(step, run, n, OP_SHIFT_LEFT);
    default:
        return integers_by_sign(step, run, n, OP_SHIFT_RIGHT);
    }
}

ALWAYS_INLINE void floats_loop(const struct step *step, const struct run *run, uint32_t n,
                               enum op op)
{
    const struct reg *a = &run->regs[step->a], *b = &run->regs[step->b];
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        double x = a->floats[k], y = b->floats[k];
        double result = op == OP_ADD        ? x + y
                        : op == OP_SUBTRACT ? x - y
                        : op == OP_MULTIPLY ? x * y
                                            : x / (y != 0 ? y : 1);

        out->present[k] =
            a->present[k] & b->present[k] & isfinite(result) & (op != OP_DIVIDE || y != 0);
        out->floats[k] = result;
    }
}

static void run_floats(const struct step *step, const struct run *run, const uint16_t *selection,
                       uint32_t n)
{
    (void)selection;
    switch (step->op) {
    case OP_ADD:
        return floats_loop(step, run, n, OP_ADD);
    case OP_SUBTRACT:
        return floats_loop(step, run, n, OP_SUBTRACT);
    case OP_MULTIPLY:
        return floats_loop(step, run, n, OP_MULTIPLY);
    default:
        return floats_loop(step, run, n, OP_DIVIDE);
    }
}

static void run_to_float(const struct step *step, const struct run *run, const uint16_t *selection,
                         uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        uint64_t bits = a->integers[k];

        out->present[k] = a->present[k];
        out->floats[k] = step->a_signed ? (double)(int64_t)bits : (double)bits;
    }
}

static void run_complement(const struct step *step, const struct run *run,
                           const uint16_t *selection, uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->present[k] = a->present[k];
        out->integers[k] = ~a->integers[k];
    }
}

static bool is_number(const struct operand *operand)
{
    return operand->type == TYPE_INTEGER || operand->type == TYPE_FLOAT ||
           operand->type == TYPE_NULL;
}

static int check_types(const struct compile *compile, const struct node *node, const char *spelling,
                       bool floats, const struct operand *operand)
{
    char words[OPERAND_WORDS_MAX];
    int r = operand_check_value(compile, operand);

    if (r < 0 || (is_number(operand) && (floats || operand->type != TYPE_FLOAT)))
        return r;
    operand_describe(compile, operand, words);
    return compile_refuse(compile, node, "%s needs %s; %s", spelling,
                          floats ? "numbers" : "integers", words);
}

/* Makes a number what the other side needs; a null takes any type. */
static int adapt(struct compile *compile, struct operand *operand, enum type type)
{
    bool constant = operand_is_constant(operand);
    uint32_t first = compile->expr->n_steps;
    struct step step = {.run = run_to_float, .a_signed = operand->is_signed};
    int r;

    if (operand->type == type || operand->type == TYPE_NULL) {
        operand->type = type;
        return 0;
    }
    r = operand_load(compile, operand);
    step.a = step.out = operand->reg;
    if (r == 0)
        r = compile_add_step(compile, &step);
    if (r < 0)
        return r;
    *operand = (struct operand){.node = operand->node, .type = type};
    return operand_settle(compile, operand, first, step.out, constant);
}

int arithmetic_binary(struct compile *compile, const struct node *node, enum op op,
                      struct operand *left, struct operand *right)
{
    const char *spelling = op_spelling(op);
    bool floats = op == OP_ADD || op == OP_SUBTRACT || op == OP_MULTIPLY || op == OP_DIVIDE;
    bool is_float = left->type == TYPE_FLOAT || right->type == TYPE_FLOAT;
    enum type type = is_float ? TYPE_FLOAT : TYPE_INTEGER;
    struct step step = {.run = is_float ? run_floats : run_integers, .op = op};
    bool constant = operand_is_constant(left) && operand_is_constant(right);
    uint32_t first = compile->expr->n_steps;
    struct operand result = {.node = node, .type = type};
    int r = check_types(compile, node, spelling, floats, left);

    if (r == 0)
        r = check_types(compile, node, spelling, floats, right);
    if (r == 0)
        r = adapt(compile, left, type);
    if (r == 0)
        r = adapt(compile, right, type);
    if (r == 0)
        r = operand_load(compile, left);
    if (r == 0)
        r = operand_load(compile, right);
    if (r < 0)
        return r;
    step.a = step.out = left->reg;
    step.b = right->reg;
    step.a_signed = left->is_signed;
    step.b_signed = right->is_signed;
    result.is_signed = !is_float && is_signed_result(op, left->is_signed, right->is_signed);
    r = compile_add_step(compile, &step);
    compile_release_register(compile, right->reg);
    *left = result;
    return r < 0 ? r : operand_settle(compile, left, first, step.out, constant);
}

/* -x is 0 - x, which is exact and signed. */
static int negate(struct compile *compile, const struct node *node, struct operand *operand)
{
    struct operand zero = operand_integer(node, 0, false);
    int r;

    if (operand->type == TYPE_FLOAT) { /* -0.0 is not 0 - 0.0, and equals it */
        zero.type = TYPE_FLOAT;
        zero.number = -0.0;
    }
    r = arithmetic_binary(compile, node, OP_SUBTRACT, &zero, operand);
    *operand = zero;
    return r;
}

int arithmetic_unary(struct compile *compile, const struct node *node, struct operand *operand)
{
    bool constant = operand_is_constant(operand);
    bool is_signed = operand->is_signed;
    uint32_t first = compile->expr->n_steps;
    struct step step = {.run = run_complement};
    int r = check_types(compile, node, node->kind == NODE_NEGATE ? "-" : "~",
                        node->kind == NODE_NEGATE, operand);

    if (r < 0)
        return r;
    if (node->kind == NODE_NEGATE)
        return negate(compile, node, operand);
    if (operand->type == TYPE_NULL)
        operand->type = TYPE_INTEGER;
    r = operand_load(compile, operand);
    step.a = step.out = operand->reg;
    if (r == 0)
        r = compile_add_step(compile, &step);
    if (r < 0)
        return r;
    *operand = (struct operand){.node = node, .type = TYPE_INTEGER, .is_signed = is_signed};
    return operand_settle(compile, operand, first, step.out, constant);
}
