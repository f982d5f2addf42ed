// SPDX-License-Identifier: Apache-2.0

/* Precedence climbing over C's binary operators. Values carry their C type, because ~0u, 1u << 31
 * and sizeof(x) - 10 come out wrong without: unsigned arithmetic wraps, signed arithmetic that
 * leaves its type is refused. Both sides of && || and ? : are computed, so a division by zero is
 * refused even where C would not get to it. */

#include "schema/cexpr.h"

#include <errno.h>
#include <string.h>

#include "schema/cdecl.h"
#include "schema/clayout.h"

static int read_unary(struct cparser *parser, struct cvalue *ret_value);

/* Cuts the bits to the value's type. */
static struct cvalue fit(uint64_t bits, bool is_unsigned, bool is_long)
{
    if (!is_long)
        bits = is_unsigned ? (uint32_t)bits : (uint64_t)(int32_t)bits;
    return (struct cvalue){.bits = bits, .is_unsigned = is_unsigned, .is_long = is_long};
}

static struct cvalue truth(bool value)
{
    return (struct cvalue){.bits = value};
}

/* C's usual arithmetic conversions: the type of a + b. */
static struct cvalue common_type(struct cvalue a, struct cvalue b)
{
    bool is_long = a.is_long || b.is_long;

    return (struct cvalue){
        .is_long = is_long,
        .is_unsigned =
            (a.is_unsigned && a.is_long == is_long) || (b.is_unsigned && b.is_long == is_long),
    };
}

static bool add_up(uint32_t mark, int64_t a, int64_t b, int64_t *ret)
{
    if (mark == '+')
        return !__builtin_add_overflow(a, b, ret);
    if (mark == '-')
        return !__builtin_sub_overflow(a, b, ret);
    return !__builtin_mul_overflow(a, b, ret);
}

static int refuse_overflow(struct cparser *parser, const struct ctoken *operator)
{
    return clex_refuse(&parser->lex, operator->at, "the result of %.*s does not fit into its type",
                       (int)operator->width, cparse_text(parser, operator));
}

/* + - * */
static int apply_sum(struct cparser *parser, const struct ctoken *operator, struct cvalue type,
                     struct cvalue b, struct cvalue *a)
{
    int64_t sum = 0;
    uint64_t bits = operator->mark == '+' ? a->bits + b.bits :
                    operator->mark == '-' ? a->bits - b.bits
                                          : a->bits * b.bits;

    if (!type.is_unsigned && (!add_up(operator->mark, (int64_t)a->bits, (int64_t)b.bits, &sum) ||
                              (!type.is_long && sum != (int32_t)sum)))
        return refuse_overflow(parser, operator);
    *a = fit(bits, type.is_unsigned, type.is_long);
    return 0;
}

static int apply_quotient(struct cparser *parser, const struct ctoken *operator, struct cvalue type,
                          struct cvalue b, struct cvalue *a)
{
    bool is_rest = operator->mark == '%';
    int64_t x = (int64_t)a->bits, y = (int64_t)b.bits;

    if (b.bits == 0)
        return clex_refuse(&parser->lex, operator->at, "division by 0");
    if (type.is_unsigned) {
        *a = fit(is_rest ? a->bits % b.bits : a->bits / b.bits, true, type.is_long);
        return 0;
    }
    if (y == -1 && x == (type.is_long ? INT64_MIN : INT32_MIN))
        return refuse_overflow(parser, operator);
    *a = fit((uint64_t)(is_rest ? x % y : x / y), false, type.is_long);
    return 0;
}

static int apply_shift(struct cparser *parser, const struct ctoken *operator, struct cvalue b,
                       struct cvalue *a)
{
    uint32_t bits = a->is_long ? 64 : 32;

    if (b.bits >= bits)
        return clex_refuse(&parser->lex, operator->at, "the shift count must be from 0 to %u",
                           bits - 1);
    if (operator->mark == CTOKEN_MARK2('<', '<'))
        *a = fit(a->bits << b.bits, a->is_unsigned, a->is_long);
    else if (a->is_unsigned)
        a->bits >>= b.bits;
    else
        a->bits = (uint64_t)((int64_t)a->bits >> b.bits);
    return 0;
}

static bool compare(uint32_t mark, struct cvalue type, uint64_t a, uint64_t b)
{
    bool less = type.is_unsigned ? a < b : (int64_t)a < (int64_t)b;

    switch (mark) {
    case '<':
        return less;
    case '>':
        return !less && a != b;
    case CTOKEN_MARK2('<', '='):
        return less || a == b;
    case CTOKEN_MARK2('>', '='):
        return !less;
    case CTOKEN_MARK2('=', '='):
        return a == b;
    default:
        return a != b;
    }
}

/* Replaces a by the result. */
static int apply(struct cparser *parser, const struct ctoken *operator, struct cvalue b,
                 struct cvalue *a)
{
    struct cvalue type = common_type(*a, b);
    struct cvalue left = fit(a->bits, type.is_unsigned, type.is_long);
    struct cvalue right = fit(b.bits, type.is_unsigned, type.is_long);

    switch (operator->mark) {
    case CTOKEN_MARK2('|', '|'):
        *a = truth(a->bits || b.bits);
        return 0;
    case CTOKEN_MARK2('&', '&'):
        *a = truth(a->bits && b.bits);
        return 0;
    case CTOKEN_MARK2('<', '<'):
    case CTOKEN_MARK2('>', '>'):
        return apply_shift(parser, operator, b, a);
    case '|':
        *a = fit(left.bits | right.bits, type.is_unsigned, type.is_long);
        return 0;
    case '^':
        *a = fit(left.bits ^ right.bits, type.is_unsigned, type.is_long);
        return 0;
    case '&':
        *a = fit(left.bits & right.bits, type.is_unsigned, type.is_long);
        return 0;
    case '+':
    case '-':
    case '*':
        *a = left;
        return apply_sum(parser, operator, type, right, a);
    case '/':
    case '%':
        *a = left;
        return apply_quotient(parser, operator, type, right, a);
    default:
        *a = truth(compare(operator->mark, type, left.bits, right.bits));
        return 0;
    }
}

static int read_binary(struct cparser *parser, int binding, struct cvalue *ret_value)
{
    struct cvalue a, b;
    int r = read_unary(parser, &a);

    if (r < 0)
        return r;
    while (ctoken_binding(&parser->token) >= binding) {
        struct ctoken operator= parser->token;
        int tighter = ctoken_binding(&parser->token) + 1;

        r = cparse_advance(parser);
        if (r == 0)
            r = read_binary(parser, tighter, &b);
        if (r == 0)
            r = apply(parser, &operator, b, &a);
        if (r < 0)
            return r;
    }
    *ret_value = a;
    return 0;
}

/* ---- operands ---- */

static int read_name(struct cparser *parser, struct cvalue *ret_value)
{
    const struct ctoken token = parser->token;
    const char *text = cparse_text(parser, &token);
    const struct cname *name = cscope_find(&parser->scope, false, text, token.width);

    if (!name || name->kind != CNAME_CONSTANT)
        return clex_refuse(&parser->lex, token.at, "%.*s is not a constant defined before",
                           cparse_quoted(&token), text);
    *ret_value = name->value;
    return cparse_advance(parser);
}

/* sizeof(TYPE) and _Alignof(TYPE) */
static int read_measure(struct cparser *parser, struct cvalue *ret_value)
{
    bool is_size = cparse_is_word(parser, "sizeof");
    const struct ctype *type;
    uint32_t at;
    int r = cparse_advance(parser);

    if (r == 0)
        r = cparse_take_mark(parser, '(', is_size ? "( after sizeof" : "( after _Alignof");
    if (r < 0)
        return r;
    at = parser->token.at;
    r = cdecl_read_type(parser, &type);
    if (r < 0)
        return r;
    if (!clayout_has_size(type))
        return clex_refuse(&parser->lex, at, "this type is incomplete: its size is unknown");
    *ret_value = (struct cvalue){
        .bits = is_size ? ctype_bare(type)->size : clayout_align(type),
        .is_unsigned = true,
        .is_long = true,
    };
    return cparse_take_mark(parser, ')', ")");
}

/* (TYPE)value, after the ( */
static int read_cast(struct cparser *parser, struct cvalue *ret_value)
{
    const struct ctype *type;
    uint32_t at = parser->token.at;
    struct cvalue value;
    uint32_t unused;
    int r = cdecl_read_type(parser, &type);

    if (r == 0)
        r = cparse_take_mark(parser, ')', ")");
    if (r == 0)
        r = read_unary(parser, &value);
    if (r < 0)
        return r;
    type = ctype_bare(type);
    if (!type || (type->kind != CTYPE_INTEGER && type->kind != CTYPE_ENUM) || type->size == 0 ||
        type->size > 8)
        return clex_refuse(&parser->lex, at,
                           "a constant can be cast to integers of 1 to 8 bytes only");
    unused = 64 - 8 * type->size;
    value.bits <<= unused;
    value.bits = type->is_signed ? (uint64_t)((int64_t)value.bits >> unused) : value.bits >> unused;
    *ret_value = (struct cvalue){.bits = value.bits,
                                 .is_unsigned = !type->is_signed && type->size >= 4,
                                 .is_long = type->size == 8};
    return 0;
}

static int read_parentheses(struct cparser *parser, struct cvalue *ret_value)
{
    int r = cparse_advance(parser);

    if (r < 0)
        return r;
    if (cdecl_is_type(parser))
        return read_cast(parser, ret_value);
    r = cexpr_read(parser, ret_value);
    if (r < 0)
        return r;
    return cparse_take_mark(parser, ')', "an operator or )");
}

static int read_sign(struct cparser *parser, struct cvalue *ret_value)
{
    struct ctoken sign = parser->token;
    struct cvalue value;
    int r = cparse_advance(parser);

    if (r == 0)
        r = read_unary(parser, &value);
    if (r < 0)
        return r;
    *ret_value = value;
    if (sign.mark == '~')
        *ret_value = fit(~value.bits, value.is_unsigned, value.is_long);
    if (sign.mark == '!')
        *ret_value = truth(!value.bits);
    if (sign.mark == '-') {
        if (!value.is_unsigned && value.bits == (uint64_t)(value.is_long ? INT64_MIN : INT32_MIN))
            return refuse_overflow(parser, &sign);
        *ret_value = fit(-value.bits, value.is_unsigned, value.is_long);
    }
    return 0;
}

static int read_operand(struct cparser *parser, struct cvalue *ret_value)
{
    const struct ctoken *token = &parser->token;

    if (token->kind == CTOKEN_INTEGER) {
        *ret_value = (struct cvalue){
            .bits = token->value, .is_unsigned = token->is_unsigned, .is_long = token->is_long};
        return cparse_advance(parser);
    }
    if (cparse_is_word(parser, "sizeof") || cparse_is_word(parser, "_Alignof"))
        return read_measure(parser, ret_value);
    if (token->kind == CTOKEN_WORD)
        return read_name(parser, ret_value);
    if (cparse_is_mark(parser, '('))
        return read_parentheses(parser, ret_value);
    if (cparse_is_mark(parser, '-') || cparse_is_mark(parser, '+') || cparse_is_mark(parser, '~') ||
        cparse_is_mark(parser, '!'))
        return read_sign(parser, ret_value);
    return cparse_refuse(parser, "an integer constant");
}

static int read_unary(struct cparser *parser, struct cvalue *ret_value)
{
    int r = cparse_enter(parser);

    if (r < 0)
        return r;
    r = read_operand(parser, ret_value);
    cparse_leave(parser);
    return r;
}

/* a ? b : c */
static int read_choice(struct cparser *parser, struct cvalue condition, struct cvalue *ret_value)
{
    struct cvalue yes, no, type;
    int r = cparse_enter(parser);

    if (r < 0)
        return r;
    r = cparse_advance(parser);
    if (r == 0)
        r = cexpr_read(parser, &yes);
    if (r == 0)
        r = cparse_take_mark(parser, ':', ": of this choice");
    if (r == 0)
        r = cexpr_read(parser, &no);
    cparse_leave(parser);
    if (r < 0)
        return r;
    type = common_type(yes, no);
    *ret_value = fit(condition.bits ? yes.bits : no.bits, type.is_unsigned, type.is_long);
    return 0;
}

int cexpr_read(struct cparser *parser, struct cvalue *ret_value)
{
    struct cvalue value;
    int r = read_binary(parser, 1, &value);

    if (r == 0 && cparse_is_mark(parser, '?'))
        return read_choice(parser, value, ret_value);
    if (r == 0)
        *ret_value = value;
    return r;
}

int cexpr_read_count(struct cparser *parser, const char *what, uint64_t max, uint64_t *ret_count)
{
    uint32_t at = parser->token.at;
    struct cvalue value;
    int r = cexpr_read(parser, &value);

    if (r < 0)
        return r;
    if ((!value.is_unsigned && (int64_t)value.bits < 0) || value.bits > max)
        return clex_refuse(&parser->lex, at, "%s must be from 0 to %llu", what,
                           (unsigned long long)max);
    *ret_count = value.bits;
    return 0;
}
