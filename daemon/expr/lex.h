// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An expression's text, one token at a time. */

#include <stdint.h>

#include "expr/address_literal.h"
#include "expr/expr.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_INTEGER,
    TOKEN_FLOAT,
    TOKEN_TEXT,
    TOKEN_ADDRESS, /* 10.0.0.1 fe80::1 aa:bb:cc:dd:ee:ff, or a network: 10.0.0.0/8 */
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
    TOKEN_IN,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_MATCH,     /* =~ */
    TOKEN_NOT_MATCH, /* !~ */
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_PERCENT,
    TOKEN_AMPERSAND,
    TOKEN_BAR,
    TOKEN_CARET,
    TOKEN_TILDE,
    TOKEN_SHIFT_LEFT,
    TOKEN_SHIFT_RIGHT,
    TOKEN_DOT,
    TOKEN_DOTS, /* .. */
    TOKEN_COMMA,
    TOKEN_OPEN,        /* ( */
    TOKEN_CLOSE,       /* ) */
    TOKEN_INDEX_OPEN,  /* [ */
    TOKEN_INDEX_CLOSE, /* ] */
};

struct token {
    enum token_kind kind;
    uint32_t column; /* bytes from the text's start */
    uint32_t width;  /* bytes; 0 at the end only */
    uint64_t value;  /* TOKEN_INTEGER: with its suffix multiplied in */
    double number;   /* TOKEN_FLOAT */
    struct address address;
};

struct lex {
    const char *text;
    uint32_t length;
    uint32_t at;
};

/* Begins at the start of the text, which is borrowed. */
void lex_init(struct lex *lex, const char *text, uint32_t length);

/* The next token, TOKEN_END again and again after the last. -EINVAL with error filled. */
int lex_next(struct lex *lex, struct expr_error *error, struct token *ret_token);

/* Writes what a TOKEN_TEXT stands for to out, which has room for token->width bytes (escapes only
 * shrink). Returns the bytes written. */
uint32_t lex_unescape(const struct lex *lex, const struct token *token, char *out);

/* Fills error (which may not be NULL) and returns -EINVAL. */
int lex_refuse(struct expr_error *error, uint32_t column, uint32_t width, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
