// SPDX-License-Identifier: Apache-2.0

/* The lexer knows C's spelling and nothing of its grammar: keywords are words. Space, comments and
 * backslashes before a line's end fall away here. It never reads past `length`, and each token lies
 * wholly inside the text, so that an error can always point at it.
 *
 * What the preprocessor takes is passed over like space. Where a name is a macro, its body is read
 * instead, at its place in the text; a macro within its own body stands for itself, as in C. */

#include "schema/clex.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/cmacro.h"

int clex_refuse(struct clex *lex, uint32_t at, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    lex->error_at = at;
    return error_set(lex->error, -EINVAL, "%s", text);
}

void clex_init(struct clex *lex, const char *text, uint32_t length, struct error *error)
{
    *lex = (struct clex){.text = text, .length = length, .error = error};
}

void clex_place(const struct clex *lex, uint32_t at, uint32_t *ret_line, uint32_t *ret_column)
{
    uint32_t line = 1, start = 0;

    for (uint32_t i = 0; i < at; i++) {
        if (lex->text[i] != '\n')
            continue;
        line++;
        start = i + 1;
    }
    *ret_line = line;
    *ret_column = at - start + 1;
}

/* The character at an offset, NUL past the end. */
static char peek(const struct clex *lex, uint32_t at)
{
    return at < lex->length ? lex->text[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool clex_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* ---- what is between tokens ---- */

static int skip_comment(struct clex *lex)
{
    uint32_t start = lex->at;

    if (peek(lex, start + 1) == '/') {
        while (lex->at < lex->length && lex->text[lex->at] != '\n')
            lex->at++;
        return 0;
    }
    for (lex->at += 2; lex->at < lex->length; lex->at++) {
        if (lex->text[lex->at] != '*' || peek(lex, lex->at + 1) != '/')
            continue;
        lex->at += 2;
        return 0;
    }
    return clex_refuse(lex, start, "this comment has no closing */");
}

/* Bytes of a backslash and the line's end after it; 0: it is not one. */
static uint32_t joint_width(const struct clex *lex)
{
    if (peek(lex, lex->at) != '\\')
        return 0;
    if (peek(lex, lex->at + 1) == '\n')
        return 2;
    return peek(lex, lex->at + 1) == '\r' && peek(lex, lex->at + 2) == '\n' ? 3 : 0;
}

static int skip_space(struct clex *lex)
{
    while (lex->at < lex->length) {
        char c = lex->text[lex->at];
        int r;

        if (lex->n_expansions == 0 && lex->macros && lex->macros->skipped[lex->at]) {
            lex->at++;
            continue;
        }
        if (c == '/' && (peek(lex, lex->at + 1) == '/' || peek(lex, lex->at + 1) == '*')) {
            r = skip_comment(lex);
            if (r < 0)
                return r;
        } else if (c && strchr(" \t\r\n\v\f", c)) {
            lex->at++;
        } else if (joint_width(lex)) {
            lex->at += joint_width(lex);
        } else {
            return 0;
        }
    }
    return 0;
}

/* ---- numbers ---- */

static int digit_of(char c, unsigned base)
{
    int digit = is_digit(c)                                ? c - '0'
                : ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') ? (c | 0x20) - 'a' + 10
                                                           : 99;

    return (unsigned)digit < base ? digit : -1;
}

/* The letters after the digits: u and l or ll, in any order and case. False: something else. */
static bool read_suffix(const struct clex *lex, uint32_t at, struct ctoken *token)
{
    uint32_t n_unsigned = 0, n_long = 0;
    char last = '\0';

    for (; clex_is_word(peek(lex, at)); at++) {
        char c = lex->text[at];

        if ((c | 0x20) == 'u')
            n_unsigned++;
        else if ((c | 0x20) == 'l' && (n_long == 0 || last == c))
            n_long++;
        else
            return false;
        last = c;
    }
    token->is_unsigned = n_unsigned == 1;
    token->is_long = n_long > 0;
    return n_unsigned <= 1 && n_long <= 2;
}

/* C's own rule: the first type that is large enough, and a decimal one is signed. */
static bool choose_type(struct ctoken *token, unsigned base)
{
    if (token->value > UINT32_MAX)
        token->is_long = true;
    if (token->value > INT32_MAX && !token->is_long && !token->is_unsigned) {
        token->is_unsigned = base != 10;
        token->is_long = base == 10;
    }
    if (token->value > INT64_MAX && !token->is_unsigned) {
        token->is_unsigned = true;
        return base != 10;
    }
    return true;
}

static int read_integer(struct clex *lex, struct ctoken *token)
{
    uint32_t at = lex->at, digits;
    unsigned base = 10;
    bool fits = true;

    token->kind = CTOKEN_INTEGER;
    if (peek(lex, at) == '0') {
        char c = peek(lex, at + 1) | 0x20;

        base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
        at += base == 8 ? 0 : 2;
    }
    for (digits = at; digit_of(peek(lex, at), base) >= 0; at++)
        fits = fits && !__builtin_mul_overflow(token->value, base, &token->value) &&
               !__builtin_add_overflow(token->value, (unsigned)digit_of(peek(lex, at), base),
                                       &token->value);
    while (clex_is_word(peek(lex, lex->at)))
        lex->at++;
    token->width = lex->at - token->at;
    if (at == digits || !read_suffix(lex, at, token) || peek(lex, lex->at) == '.')
        return clex_refuse(lex, token->at,
                           "%.*s is not an integer; write it like 10, 0x0a, 012 or 0b1010, with "
                           "the suffixes u, l and ll",
                           (int)token->width, lex->text + token->at);
    if (!fits || !choose_type(token, base))
        return clex_refuse(lex, token->at, "%.*s does not fit into 64 bits", (int)token->width,
                           lex->text + token->at);
    return 0;
}

static int read_escape(const struct clex *lex, uint32_t at, uint32_t *ret_width)
{
    static const char letters[] = "abfnrtv\\'\"?0", values[] = "\a\b\f\n\r\t\v\\'\"?";
    char c = peek(lex, at + 1);
    const char *letter = c ? strchr(letters, c) : NULL;

    if (c == 'x' && digit_of(peek(lex, at + 2), 16) >= 0 && digit_of(peek(lex, at + 3), 16) >= 0) {
        *ret_width = 4;
        return (signed char)(digit_of(lex->text[at + 2], 16) << 4 |
                             digit_of(lex->text[at + 3], 16));
    }
    *ret_width = letter ? 2 : 0;
    return letter ? values[letter - letters] : 0;
}

static int read_character(struct clex *lex, struct ctoken *token)
{
    char c = peek(lex, lex->at + 1);
    uint32_t width = c && c != '\n' && c != '\'' ? 1 : 0;
    int value = (signed char)c;

    if (c == '\\')
        value = read_escape(lex, lex->at + 1, &width);
    if (width == 0 || peek(lex, lex->at + 1 + width) != '\'')
        return clex_refuse(lex, lex->at, "expected one character and a closing ' here");
    token->kind = CTOKEN_INTEGER;
    token->value = (uint64_t)(int64_t)value;
    token->width = width + 2;
    lex->at += token->width;
    return 0;
}

/* ---- the rest ---- */

static int read_text(struct clex *lex, struct ctoken *token)
{
    uint32_t at = lex->at + 1;

    while (at < lex->length && lex->text[at] != '"' && lex->text[at] != '\n')
        at += lex->text[at] == '\\' ? 2 : 1;
    if (peek(lex, at) != '"')
        return clex_refuse(lex, lex->at, "this text has no closing \"");
    token->kind = CTOKEN_TEXT;
    token->width = at + 1 - lex->at;
    lex->at = at + 1;
    return 0;
}

static int read_mark(struct clex *lex, struct ctoken *token)
{
    static const char pairs[][3] = {"<<", ">>", "<=", ">=", "==", "!=", "&&", "||"};
    unsigned char c = (unsigned char)lex->text[lex->at];

    token->kind = CTOKEN_MARK;
    token->mark = c;
    token->width = 1;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        if (pairs[i][0] != c || pairs[i][1] != peek(lex, lex->at + 1))
            continue;
        token->mark = CTOKEN_MARK2(c, pairs[i][1]);
        token->width = 2;
    }
    if (c <= ' ' || c >= 0x7f)
        return clex_refuse(lex, lex->at, "unexpected byte 0x%02x", c);
    else if (!strchr("{}[]()<>;:,.=*&|^~!+-/%?#", c))
        return clex_refuse(lex, lex->at, "unexpected character %c", c);
    lex->at += token->width;
    return 0;
}

/* ---- macros ---- */

static bool is_under_way(const struct clex *lex, const struct cmacro *macro)
{
    for (uint32_t i = 0; i < lex->n_expansions; i++)
        if (lex->expansions[i].macro == macro)
            return true;
    return false;
}

/* The place in the text outside of any macro. */
static uint32_t outer_place(const struct clex *lex)
{
    return lex->n_expansions > 0 ? lex->expansions[0].at : lex->at;
}

/* Begins to read the body of the macro that the word is. 1: it is not one. */
static int expand(struct clex *lex, const struct ctoken *word)
{
    const struct cmacro *macro =
        lex->macros && !lex->is_raw
            ? cmacros_find(lex->macros, lex->text, word->at, word->width, outer_place(lex))
            : NULL;

    if (!macro || macro->has_parameters || is_under_way(lex, macro))
        return 1;
    if (lex->n_expansions == CLEX_EXPANSIONS_MAX || lex->n_expanded++ == CLEX_EXPANDED_MAX)
        return clex_refuse(lex, word->at, "too many macros within each other");
    lex->expansions[lex->n_expansions++] =
        (struct clex_expansion){.macro = macro, .at = lex->at, .length = lex->length};
    lex->at = macro->body;
    lex->length = macro->body_end;
    return 0;
}

static void end_expansion(struct clex *lex)
{
    const struct clex_expansion *ended = &lex->expansions[--lex->n_expansions];

    lex->at = ended->at;
    lex->length = ended->length;
}

/* ---- all of it ---- */

static int read_token(struct clex *lex, struct ctoken *ret_token)
{
    struct ctoken token = {.at = lex->at};
    char c = peek(lex, lex->at);
    int r = 0;

    if (lex->at >= lex->length) {
        token.kind = CTOKEN_END;
    } else if (is_digit(c)) {
        r = read_integer(lex, &token);
    } else if (clex_is_word(c)) {
        while (clex_is_word(peek(lex, lex->at)))
            lex->at++;
        token.kind = CTOKEN_WORD;
        token.width = lex->at - token.at;
    } else if (c == '"') {
        r = read_text(lex, &token);
    } else if (c == '\'') {
        r = read_character(lex, &token);
    } else {
        r = read_mark(lex, &token);
    }
    if (r == 0)
        *ret_token = token;
    return r;
}

int clex_next(struct clex *lex, struct ctoken *ret_token)
{
    for (;;) {
        int r = skip_space(lex);

        if (r == 0 && lex->at >= lex->length && lex->n_expansions > 0) {
            end_expansion(lex);
            continue;
        }
        if (r == 0)
            r = read_token(lex, ret_token);
        if (r < 0 || ret_token->kind != CTOKEN_WORD)
            return r;
        r = expand(lex, ret_token);
        if (r != 0)
            return r < 0 ? r : 0;
    }
}

/* By how tightly they bind; all of one row do so equally. */
static const struct {
    uint32_t mark;
    int binding;
} operators[] = {
    {CTOKEN_MARK2('|', '|'), 1},
    {CTOKEN_MARK2('&', '&'), 2},
    {'|', 3},
    {'^', 4},
    {'&', 5},
    {CTOKEN_MARK2('=', '='), 6},
    {CTOKEN_MARK2('!', '='), 6},
    {'<', 7},
    {'>', 7},
    {CTOKEN_MARK2('<', '='), 7},
    {CTOKEN_MARK2('>', '='), 7},
    {CTOKEN_MARK2('<', '<'), 8},
    {CTOKEN_MARK2('>', '>'), 8},
    {'+', 9},
    {'-', 9},
    {'*', 10},
    {'/', 10},
    {'%', 10},
};

int ctoken_binding(const struct ctoken *token)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (token->kind == CTOKEN_MARK && token->mark == operators[i].mark)
            return operators[i].binding;
    return 0;
}
