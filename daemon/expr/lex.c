// SPDX-License-Identifier: Apache-2.0

/* The lexer knows spelling only: what a name means, or whether a minus makes sense, is for others.
 * It never reads past `length`, and each token lies wholly inside the text, so that an error can
 * always point at it. Characters are bytes; those above 0x7f may be inside texts only. */

#include "expr/lex.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token_spelling {
    const char *text;
    enum token_kind kind;
};

/* A spelling that begins another one is after it. */
static const struct token_spelling operators[] = {
    {"==", TOKEN_EQ},          {"!=", TOKEN_NE},         {"<=", TOKEN_LE},
    {">=", TOKEN_GE},          {"=~", TOKEN_MATCH},      {"!~", TOKEN_NOT_MATCH},
    {"&&", TOKEN_AND},         {"||", TOKEN_OR},         {"<<", TOKEN_SHIFT_LEFT},
    {">>", TOKEN_SHIFT_RIGHT}, {"..", TOKEN_DOTS},       {"<", TOKEN_LT},
    {">", TOKEN_GT},           {"!", TOKEN_NOT},         {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS},        {"*", TOKEN_STAR},        {"/", TOKEN_SLASH},
    {"%", TOKEN_PERCENT},      {"&", TOKEN_AMPERSAND},   {"|", TOKEN_BAR},
    {"^", TOKEN_CARET},        {"~", TOKEN_TILDE},       {".", TOKEN_DOT},
    {",", TOKEN_COMMA},        {"(", TOKEN_OPEN},        {")", TOKEN_CLOSE},
    {"[", TOKEN_INDEX_OPEN},   {"]", TOKEN_INDEX_CLOSE},
};

static const struct {
    const char *text;
    uint64_t factor;
} suffixes[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"min", 60000000000},
    {"h", 3600000000000},
    {"d", 86400000000000},
    {"B", 1},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
    {"TiB", UINT64_C(1) << 40},
};

int lex_refuse(struct expr_error *error, uint32_t column, uint32_t width, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    error->column = column;
    error->width = width ? width : 1;
    return -EINVAL;
}

void lex_init(struct lex *lex, const char *text, uint32_t length)
{
    *lex = (struct lex){.text = text, .length = length};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
    return is_name_start(c) || is_digit(c);
}

/* The character at an offset, NUL past the end. */
static char peek(const struct lex *lex, uint32_t at)
{
    return at < lex->length ? lex->text[at] : '\0';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* -1: not a digit of this base. */
static int digit_of(char c, unsigned base)
{
    int digit = hex_digit(c);

    return digit >= 0 && (unsigned)digit < base ? digit : -1;
}

static int refuse_token(const struct lex *lex, const struct token *token, struct expr_error *error,
                        const char *why)
{
    return lex_refuse(error, token->column, token->width, "%.*s: %s", (int)token->width,
                      lex->text + token->column, why);
}

/* Applies the letters after a number. */
static int take_suffix(const struct lex *lex, uint32_t at, unsigned base, struct expr_error *error,
                       struct token *token)
{
    const char *suffix = lex->text + at;
    uint32_t width = token->column + token->width - at;

    if (width == 0)
        return 0;
    for (size_t i = 0; base == 10 && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        if (strlen(suffixes[i].text) != width || memcmp(suffixes[i].text, suffix, width) != 0)
            continue;
        if (__builtin_mul_overflow(token->value, suffixes[i].factor, &token->value))
            return refuse_token(lex, token, error, "too large; an integer has at most 64 bits");
        return 0;
    }
    if (base != 10)
        return refuse_token(lex, token, error,
                            base == 16  ? "only the digits 0 to f are allowed after 0x"
                            : base == 8 ? "only the digits 0 to 7 are allowed after 0o"
                                        : "only the digits 0 and 1 are allowed after 0b");
    return refuse_token(lex, token, error,
                        "unknown unit; use ns us ms s min h d B KiB MiB GiB or TiB");
}

static int lex_integer(struct lex *lex, struct expr_error *error, struct token *token)
{
    uint32_t at = lex->at;
    unsigned base = 10;
    bool any = false;
    bool fits = true;

    if (peek(lex, at) == '0' && (peek(lex, at + 1) | 0x20) == 'x')
        base = 16;
    else if (peek(lex, at) == '0' && (peek(lex, at + 1) | 0x20) == 'b')
        base = 2;
    else if (peek(lex, at) == '0' && (peek(lex, at + 1) | 0x20) == 'o')
        base = 8;
    if (base != 10)
        at += 2;
    while (is_word(peek(lex, lex->at)))
        lex->at++;
    token->kind = TOKEN_INTEGER;
    token->width = lex->at - token->column;
    for (;; at++) {
        int digit = digit_of(peek(lex, at), base);

        if (digit < 0 && !(peek(lex, at) == '_' && any && digit_of(peek(lex, at + 1), base) >= 0))
            break;
        if (digit < 0)
            continue;
        any = true;
        fits = fits && !__builtin_mul_overflow(token->value, base, &token->value) &&
               !__builtin_add_overflow(token->value, (unsigned)digit, &token->value);
    }
    if (base == 10 && at - token->column > 1 && lex->text[token->column] == '0')
        return refuse_token(
            lex, token, error,
            "a decimal integer must not begin with 0; hexadecimal is 0x.., octal 0o.., "
            "binary 0b..");
    if (!fits)
        return refuse_token(lex, token, error, "too large; an integer has at most 64 bits");
    if (!any)
        return refuse_token(lex, token, error, "digits are missing after the prefix");
    return take_suffix(lex, at, base, error, token);
}

/* Bytes of the escape at a backslash; 0: not a valid escape. */
static uint32_t escape_width(const struct lex *lex, uint32_t at)
{
    char c = peek(lex, at + 1);

    if (c == 'x')
        return hex_digit(peek(lex, at + 2)) >= 0 && hex_digit(peek(lex, at + 3)) >= 0 ? 4 : 0;
    return c && strchr("\"\\nrt0", c) ? 2 : 0;
}

static int lex_text(struct lex *lex, struct expr_error *error, struct token *token)
{
    uint32_t at = lex->at + 1;

    while (at < lex->length && lex->text[at] != '"') {
        uint32_t step = 1;

        if (lex->text[at] == '\\') {
            step = escape_width(lex, at);
            if (step == 0)
                return lex_refuse(error, at, at + 1 < lex->length ? 2 : 1,
                                  "unknown escape in a text; use "
                                  "\\\" \\\\ \\n \\r \\t \\0 or \\xNN");
        }
        at += step;
    }
    if (at >= lex->length)
        return lex_refuse(error, lex->at, lex->length - lex->at, "this text has no closing \"");
    lex->at = at + 1;
    token->kind = TOKEN_TEXT;
    token->width = lex->at - token->column;
    return 0;
}

uint32_t lex_unescape(const struct lex *lex, const struct token *token, char *out)
{
    uint32_t end = token->column + token->width - 1;
    uint32_t used = 0;

    for (uint32_t at = token->column + 1; at < end;) {
        char c = lex->text[at];

        if (c != '\\') {
            out[used++] = c;
            at++;
            continue;
        }
        c = lex->text[at + 1];
        if (c == 'x')
            c = (char)(hex_digit(lex->text[at + 2]) << 4 | hex_digit(lex->text[at + 3]));
        else
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == '0' ? '\0' : c;
        at += escape_width(lex, at);
        out[used++] = c;
    }
    return used;
}

static void lex_name(struct lex *lex, struct token *token)
{
    static const struct token_spelling words[] = {
        {"true", TOKEN_TRUE}, {"false", TOKEN_FALSE}, {"null", TOKEN_NULL}, {"in", TOKEN_IN}};

    while (is_word(peek(lex, lex->at)))
        lex->at++;
    token->width = lex->at - token->column;
    token->kind = TOKEN_NAME;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strlen(words[i].text) == token->width &&
            memcmp(words[i].text, lex->text + token->column, token->width) == 0)
            token->kind = words[i].kind;
    }
}

/* Does an address begin here? Nothing else holds two colons, or three points among digits. */
static bool is_address(const struct lex *lex, uint32_t *ret_width)
{
    uint32_t at = lex->at, colons = 0, dots = 0;
    bool digits_only = true;

    for (; hex_digit(peek(lex, at)) >= 0 || peek(lex, at) == ':' || peek(lex, at) == '.'; at++) {
        if (peek(lex, at) == '.' && peek(lex, at + 1) == '.')
            break;
        colons += peek(lex, at) == ':';
        dots += peek(lex, at) == '.';
        digits_only = digits_only && (is_digit(peek(lex, at)) || peek(lex, at) == '.');
    }
    if (colons < 2 && (dots < 2 || !digits_only))
        return false;
    if (peek(lex, at) == '/' && is_digit(peek(lex, at + 1)))
        at++;
    while (is_word(peek(lex, at)))
        at++;
    *ret_width = at - lex->at;
    return true;
}

static int lex_address(struct lex *lex, uint32_t width, struct expr_error *error,
                       struct token *token)
{
    const char *wrong = address_parse(lex->text + lex->at, width, &token->address);

    token->kind = TOKEN_ADDRESS;
    token->width = width;
    lex->at += width;
    return wrong ? refuse_token(lex, token, error, wrong) : 0;
}

static bool is_float(const struct lex *lex)
{
    uint32_t at = lex->at;

    while (is_digit(peek(lex, at)) || (at > lex->at && peek(lex, at) == '_'))
        at++;
    return peek(lex, at) == '.' && is_digit(peek(lex, at + 1));
}

/* 1.5 or 1.5e-3 */
static int lex_float(struct lex *lex, struct expr_error *error, struct token *token)
{
    char copy[64];
    uint32_t used = 0;
    char *end;

    while (is_word(peek(lex, lex->at)) || peek(lex, lex->at) == '.' ||
           ((peek(lex, lex->at) == '-' || peek(lex, lex->at) == '+') &&
            (peek(lex, lex->at - 1) | 0x20) == 'e')) {
        char c = peek(lex, lex->at);

        if (c == '.' && peek(lex, lex->at + 1) == '.')
            break;
        if (c != '_' && used < sizeof(copy) - 1)
            copy[used++] = c;
        lex->at++;
    }
    copy[used] = '\0';
    token->kind = TOKEN_FLOAT;
    token->width = lex->at - token->column;
    token->number = strtod(copy, &end);
    if (!*end && !isfinite(token->number))
        return refuse_token(lex, token, error, "too large; a float is at most 1.79e308");
    if (*end || used == sizeof(copy) - 1 || strpbrk(copy, "xXpP"))
        return refuse_token(lex, token, error,
                            "a float is written like 1.5 or 1.5e-3, without a unit");
    return 0;
}

/* A character with which nothing begins; the likely slips get their own sentence. */
static int refuse_character(const struct lex *lex, struct expr_error *error)
{
    unsigned char c = (unsigned char)lex->text[lex->at];

    if (c == '=')
        return lex_refuse(error, lex->at, 1, "= is not an operator; equal is written ==");
    if (c == '\'')
        return lex_refuse(error, lex->at, 1, "a text needs double quotes: \"...\"");
    if (c < 0x20 || c >= 0x7f)
        return lex_refuse(error, lex->at, 1, "the byte 0x%02x is allowed only inside double quotes",
                          c);
    return lex_refuse(error, lex->at, 1, "unexpected character %c", c);
}

int lex_next(struct lex *lex, struct expr_error *error, struct token *ret_token)
{
    struct token token = {0};
    uint32_t width;
    char c;
    int r = 0;

    while (lex->at < lex->length && strchr(" \t\r\n", peek(lex, lex->at)) && peek(lex, lex->at))
        lex->at++;
    token.column = lex->at;
    c = peek(lex, lex->at);
    if (lex->at >= lex->length) {
        token.kind = TOKEN_END;
    } else if (is_address(lex, &width)) {
        r = lex_address(lex, width, error, &token);
    } else if (is_name_start(c)) {
        lex_name(lex, &token);
    } else if (is_digit(c) && is_float(lex)) {
        r = lex_float(lex, error, &token);
    } else if (is_digit(c)) {
        r = lex_integer(lex, error, &token);
    } else if (c == '"') {
        r = lex_text(lex, error, &token);
    } else {
        for (size_t i = 0; i < sizeof(operators) / sizeof(*operators) && !token.width; i++) {
            width = (uint32_t)strlen(operators[i].text);
            if (width > lex->length - lex->at ||
                memcmp(operators[i].text, lex->text + lex->at, width) != 0)
                continue;
            token.kind = operators[i].kind;
            token.width = width;
        }
        if (!token.width)
            return refuse_character(lex, error);
        lex->at += token.width;
    }
    if (r == 0)
        *ret_token = token;
    return r;
}
