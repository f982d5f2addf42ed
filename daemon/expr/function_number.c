// SPDX-License-Identifier: Apache-2.0

/* Functions that make numbers, and has(). */

#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "expr/compare.h"
#include "expr/cost.h"
#include "expr/function.h"
#include "expr/operand_load.h"
#include "expr/predicate.h"

/* ---- has ------------------------------------------------------------------------------------- */

static int has_place(const struct call *call, const struct operand *operand, uint32_t *ret_term)
{
    struct term term = {
        .run = predicate_inside, .left = operand->place, .cost = COST_RANGE, .passes = PASSES_MOST};

    return compare_add(call->compile, &term, call->first, ret_term);
}

int function_has(const struct call *call, uint32_t *ret_term)
{
    const wide far = (wide)1 << 65;
    struct term term = {.run = predicate_present, .cost = COST_RANGE, .passes = PASSES_MOST};
    struct operand operand;
    int r = call_any(call, 0, &operand);

    if (r < 0)
        return r;
    if (operand_is_constant(&operand))
        return compare_add_truth(call->compile, operand.type != TYPE_NULL && !operand.is_null,
                                 ret_term);
    if (operand.type >= TYPE_TEXTS)
        return has_place(call, &operand, ret_term);
    if (operand.type == TYPE_INTEGER || operand.type == TYPE_BOOL || operand.type == TYPE_IPV4)
        return compare_range(call->compile, &operand, -far, far, false, call->first, ret_term);
    r = operand_load(call->compile, &operand);
    if (r < 0)
        return r;
    term.a = operand.reg;
    term.b = operand.type != TYPE_FLOAT;
    operand_drop(call->compile, &operand);
    return compare_add(call->compile, &term, call->first, ret_term);
}

/* ---- bucket ---------------------------------------------------------------------------------- */

/* Down to a multiple of the width, also below 0. */
ALWAYS_INLINE bool floor_to(uint64_t bits, uint64_t width, bool is_signed, uint64_t *ret)
{
    int64_t value = (int64_t)bits, rest;

    if (!is_signed) {
        *ret = bits - bits % width;
        return true;
    }
    rest = value % (int64_t)width;
    if (rest < 0)
        rest += (int64_t)width;
    return !__builtin_sub_overflow(value, rest, (int64_t *)ret);
}

/* The highest bit alone, of a negative one's magnitude. */
ALWAYS_INLINE uint64_t highest_bit(uint64_t bits, bool is_signed)
{
    bool negative = is_signed && (int64_t)bits < 0;
    uint64_t size = negative ? -bits : bits;
    uint64_t highest = size ? UINT64_C(1) << (63 - __builtin_clzll(size)) : 0;

    return negative ? -highest : highest;
}

static void run_bucket(const struct step *step, const struct run *run, const uint16_t *selection,
                       uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        uint64_t result;
        bool fits = floor_to(a->integers[k], step->integer, step->a_signed, &result);

        out->present[k] = a->present[k] & fits;
        out->integers[k] = result;
    }
}

static void run_log2(const struct step *step, const struct run *run, const uint16_t *selection,
                     uint32_t n)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->present[k] = a->present[k];
        out->integers[k] = highest_bit(a->integers[k], step->a_signed);
    }
}

static bool is_word(const struct node *node, const char *word)
{
    return node->kind == NODE_NAME && !node->first && node->spelling.length == strlen(word) &&
           memcmp(node->spelling.bytes, word, strlen(word)) == 0;
}

int function_bucket(const struct call *call, struct operand *ret)
{
    struct operand operand;
    struct step step = {.run = run_log2};
    int64_t width = 0;
    bool constant;
    int r = call_value(call, 0, &operand);

    if (r < 0)
        return r;
    if (operand.type == TYPE_NULL)
        operand.type = TYPE_INTEGER;
    if (operand.type != TYPE_INTEGER)
        return call_refuse(call, &operand, "an integer");
    if (!is_word(call->arguments[1], "log2")) {
        step.run = run_bucket;
        r = call_constant(call, 1, 1, INT64_MAX, "a width", &width);
    }
    constant = operand_is_constant(&operand);
    step.integer = (uint64_t)width;
    step.a_signed = operand.is_signed;
    if (r == 0)
        r = operand_load(call->compile, &operand);
    if (r < 0)
        return r;
    *ret = (struct operand){.type = TYPE_INTEGER, .is_signed = operand.is_signed};
    return call_step(call, &step, &operand, constant, ret);
}

/* ---- hash ------------------------------------------------------------------------------------ */

enum { HASH_NULL = 0x6e756c6c };
#define HASH_SEED UINT64_C(0x72696e676d696c6c)

/* The finalizer of splitmix64. */
ALWAYS_INLINE uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

ALWAYS_INLINE void hash_loop(const struct step *step, const struct run *run, uint32_t n, bool texts)
{
    const struct reg *a = &run->regs[step->a];
    struct reg *out = &run->regs[step->out];

    for (uint32_t k = 0; k < n; k++) {
        bool present = texts ? a->texts[k].bytes != NULL : a->present[k];
        uint64_t value = HASH_NULL;

        if (present)
            value = texts ? XXH3_64bits(a->texts[k].bytes, a->texts[k].length) : a->integers[k];
        out->integers[k] = mix(out->integers[k] * 3 + value);
        out->present[k] = 1;
    }
}

static void run_hash_texts(const struct step *step, const struct run *run,
                           const uint16_t *selection, uint32_t n)
{
    (void)selection;
    hash_loop(step, run, n, true);
}

static void run_hash_integers(const struct step *step, const struct run *run,
                              const uint16_t *selection, uint32_t n)
{
    (void)selection;
    hash_loop(step, run, n, false);
}

static int hash_one(const struct call *call, struct operand *operand, uint32_t out)
{
    struct step step = {.run = run_hash_integers, .out = out};
    int r;

    if (operand->type == TYPE_TEXT || operand->type == TYPE_BYTES) {
        step.run = run_hash_texts;
        step.cost = COST_DIGEST;
    }
    if (operand->type == TYPE_NULL)
        operand->type = TYPE_INTEGER;
    r = operand_load(call->compile, operand);
    step.a = operand->reg;
    if (r == 0)
        r = compile_add_step(call->compile, &step);
    operand_drop(call->compile, operand);
    return r;
}

int function_hash(const struct call *call, struct operand *ret)
{
    struct operand sum = operand_integer(call->node, HASH_SEED, false);
    bool constant = true;
    int r = operand_load(call->compile, &sum);

    for (uint32_t i = 0; r == 0 && i < call->n; i++) {
        struct operand operand;

        r = call_value(call, i, &operand);
        if (r < 0)
            break;
        constant = constant && operand_is_constant(&operand);
        r = hash_one(call, &operand, sum.reg);
    }
    if (r < 0)
        return r;
    *ret = (struct operand){.node = call->node, .type = TYPE_INTEGER};
    return operand_settle(call->compile, ret, call->first, sum.reg, constant);
}

/* ---- now ------------------------------------------------------------------------------------- */

static void run_now(const struct step *step, const struct run *run, const uint16_t *selection,
                    uint32_t n)
{
    uint64_t now = (uint64_t)(step->integer == MEANING_KTIME      ? clock_monotonic()
                              : step->integer == MEANING_BOOTTIME ? clock_boottime()
                                                                  : clock_realtime());
    struct reg *out = &run->regs[step->out];

    (void)selection;
    for (uint32_t k = 0; k < n; k++) {
        out->integers[k] = now;
        out->present[k] = 1;
    }
}

int function_now(const struct call *call, struct operand *ret)
{
    enum field_meaning clock = call->context->clock ? call->context->clock : MEANING_UNIX_NS;
    struct step step = {.run = run_now, .integer = clock, .cost = COST_CLOCK};
    int r = compile_take_register(call->compile, call->node, &step.out);

    if (r == 0)
        r = compile_add_step(call->compile, &step);
    *ret = (struct operand){.node = call->node,
                            .type = TYPE_INTEGER,
                            .where = WHERE_REGISTER,
                            .reg = step.out,
                            .meaning = clock};
    return r;
}
