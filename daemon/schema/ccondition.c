// SPDX-License-Identifier: Apache-2.0
#include "schema/ccondition.h"

#include <string.h>

#include "schema/clex.h"
#include "schema/cmacro.h"

enum { DEPTH_MAX = 32 }; /* parentheses and signs within each other */

struct condition {
    struct clex lex; /* of the line alone */
    struct ctoken token;
    const struct cmacros *macros;
    uint32_t depth;
};

bool ccondition_is_defined(const struct cmacros *macros, const char *text, uint32_t at,
                           uint32_t length)
{
    static const char *const of_clang[] = {"__bpf__", "__BPF__"};

    for (size_t i = 0; i < sizeof(of_clang) / sizeof(of_clang[0]); i++)
        if (length == strlen(of_clang[i]) && memcmp(text + at, of_clang[i], length) == 0)
            return true;
    return cmacros_find(macros, text, at, length, at);
}

static int advance(struct condition *condition)
{
    return clex_next(&condition->lex, &condition->token);
}

static bool is_mark(const struct condition *condition, uint32_t mark)
{
    return condition->token.kind == CTOKEN_MARK && condition->token.mark == mark;
}

static int refuse(struct condition *condition, const char *expected)
{
    return clex_refuse(&condition->lex, condition->token.at, "expected %s in this condition",
                       expected);
}

static int read_level(struct condition *condition, int binding, int64_t *ret);

/* defined NAME or defined(NAME), on the word */
static int read_defined(struct condition *condition, int64_t *ret)
{
    bool has_parenthesis;
    int r;

    condition->lex.is_raw = true;
    r = advance(condition);
    has_parenthesis = r == 0 && is_mark(condition, '(');
    if (has_parenthesis)
        r = advance(condition);
    if (r < 0)
        return r;
    if (condition->token.kind != CTOKEN_WORD)
        return refuse(condition, "a name after defined");
    *ret = ccondition_is_defined(condition->macros, condition->lex.text, condition->token.at,
                                 condition->token.width);
    if (!has_parenthesis)
        condition->lex.is_raw = false;
    r = advance(condition);
    condition->lex.is_raw = false;
    if (r < 0 || !has_parenthesis)
        return r;
    return is_mark(condition, ')') ? advance(condition) : refuse(condition, ")");
}

/* A name that is not a macro, with its parameters. */
static int read_name(struct condition *condition, int64_t *ret)
{
    uint32_t open = 0;
    int r = advance(condition);

    *ret = 0;
    if (r < 0 || !is_mark(condition, '('))
        return r;
    do {
        if (condition->token.kind == CTOKEN_END)
            return refuse(condition, ")");
        open += is_mark(condition, '(');
        open -= is_mark(condition, ')');
        r = advance(condition);
    } while (r == 0 && open > 0);
    return r;
}

static int read_primary(struct condition *condition, int64_t *ret)
{
    const struct ctoken *token = &condition->token;
    int r;

    if (token->kind == CTOKEN_INTEGER) {
        *ret = (int64_t)token->value;
        return advance(condition);
    }
    if (token->kind == CTOKEN_WORD && token->width == strlen("defined") &&
        memcmp(condition->lex.text + token->at, "defined", token->width) == 0)
        return read_defined(condition, ret);
    if (token->kind == CTOKEN_WORD)
        return read_name(condition, ret);
    if (!is_mark(condition, '('))
        return refuse(condition, "a number or a name");
    r = advance(condition);
    if (r == 0)
        r = read_level(condition, 1, ret);
    if (r < 0)
        return r;
    return is_mark(condition, ')') ? advance(condition) : refuse(condition, ")");
}

static int read_signed(struct condition *condition, int64_t *ret)
{
    uint32_t sign = condition->token.kind == CTOKEN_MARK ? condition->token.mark : 0;
    int r;

    if (condition->depth == DEPTH_MAX)
        return clex_refuse(&condition->lex, condition->token.at,
                           "this condition is nested more than %d deep", DEPTH_MAX);
    condition->depth++;
    if (sign == '!' || sign == '-' || sign == '+' || sign == '~') {
        r = advance(condition);
        if (r == 0)
            r = read_signed(condition, ret);
        if (r == 0 && sign != '+')
            *ret = sign == '!' ? !*ret : sign == '~' ? ~*ret : (int64_t)(0 - (uint64_t)*ret);
    } else {
        r = read_primary(condition, ret);
    }
    condition->depth--;
    return r;
}

/* As C has it, but nothing overflows, and what is divided by 0 is 0. */
static int64_t calculate(uint32_t mark, int64_t a, int64_t b)
{
    uint64_t left = (uint64_t)a, right = (uint64_t)b;

    switch (mark) {
    case CTOKEN_MARK2('|', '|'):
        return a || b;
    case CTOKEN_MARK2('&', '&'):
        return a && b;
    case '|':
        return a | b;
    case '^':
        return a ^ b;
    case '&':
        return a & b;
    case CTOKEN_MARK2('=', '='):
        return a == b;
    case CTOKEN_MARK2('!', '='):
        return a != b;
    case '<':
        return a < b;
    case '>':
        return a > b;
    case CTOKEN_MARK2('<', '='):
        return a <= b;
    case CTOKEN_MARK2('>', '='):
        return a >= b;
    case CTOKEN_MARK2('<', '<'):
        return (int64_t)(left << (right & 63));
    case CTOKEN_MARK2('>', '>'):
        return a >> (right & 63);
    case '+':
        return (int64_t)(left + right);
    case '-':
        return (int64_t)(left - right);
    case '*':
        return (int64_t)(left * right);
    case '/':
        return b == 0 || b == -1 ? 0 : a / b;
    default:
        return b == 0 || b == -1 ? 0 : a % b;
    }
}

static int read_level(struct condition *condition, int binding, int64_t *ret)
{
    int r = read_signed(condition, ret);

    while (r == 0 && ctoken_binding(&condition->token) >= binding) {
        uint32_t mark = condition->token.mark;
        int here = ctoken_binding(&condition->token);
        int64_t right = 0;

        r = advance(condition);
        if (r == 0)
            r = read_level(condition, here + 1, &right);
        if (r == 0)
            *ret = calculate(mark, *ret, right);
    }
    return r;
}

int ccondition_read(struct clex *lex, const struct cmacros *macros, uint32_t from, uint32_t to,
                    bool *ret_holds)
{
    struct condition condition = {.macros = macros};
    int64_t value = 0;
    int r;

    clex_init(&condition.lex, lex->text, to, lex->error);
    condition.lex.at = from;
    condition.lex.macros = macros;
    r = advance(&condition);
    if (r == 0)
        r = read_level(&condition, 1, &value);
    if (r == 0 && condition.token.kind != CTOKEN_END)
        r = refuse(&condition, "an operator");
    lex->error_at = condition.lex.error_at;
    *ret_holds = value != 0;
    return r;
}
