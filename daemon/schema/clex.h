// SPDX-License-Identifier: Apache-2.0
#pragma once

/* C text, one token at a time. Places are bytes from the text's start. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum ctoken_kind {
    CTOKEN_END,     /* of the text */
    CTOKEN_WORD,    /* a name or a keyword */
    CTOKEN_INTEGER, /* or a character in quotes */
    CTOKEN_TEXT,    /* "...", whole */
    CTOKEN_MARK,    /* an operator, a bracket... */
};

struct ctoken {
    enum ctoken_kind kind;
    uint32_t at;
    uint32_t width;
    uint32_t mark;    /* CTOKEN_MARK: its character, or CTOKEN_MARK2 of two */
    uint64_t value;   /* CTOKEN_INTEGER */
    bool is_unsigned; /* CTOKEN_INTEGER: its type in C */
    bool is_long;
};

#define CTOKEN_MARK2(first, second) ((uint32_t)(first) << 8 | (uint32_t)(second))

struct cmacro;
struct cmacros;

enum {
    CLEX_EXPANSIONS_MAX = 16,      /* macros within each other */
    CLEX_EXPANDED_MAX = 64 * 1024, /* macros that a text uses */
};

/* While the body of a macro is read: the macro, and where the text goes on. */
struct clex_expansion {
    const struct cmacro *macro;
    uint32_t at;
    uint32_t length;
};

struct clex {
    const char *text;
    uint32_t length;
    uint32_t at;
    const struct cmacros *macros; /* set by the caller after clex_init(); NULL: none */
    bool is_raw;                  /* names stand for themselves */
    struct error *error;
    uint32_t error_at;

    struct clex_expansion expansions[CLEX_EXPANSIONS_MAX];
    uint32_t n_expansions; /* under way */
    uint32_t n_expanded;   /* in all */
};

/* Whether it is a letter, a digit or an underscore. */
bool clex_is_word(char c);

/* Starts at the beginning of the text; text and error are borrowed. */
void clex_init(struct clex *lex, const char *text, uint32_t length, struct error *error);

/* The next token, CTOKEN_END again and again after the last. -EINVAL with a sentence and its place
 * in error_at. */
int clex_next(struct clex *lex, struct ctoken *ret_token);

/* Writes the sentence about a place. Returns -EINVAL. */
int clex_refuse(struct clex *lex, uint32_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Line and column of a place, both from 1; columns are bytes. */
void clex_place(const struct clex *lex, uint32_t at, uint32_t *ret_line, uint32_t *ret_column);

/* How tightly the operator between two values binds: more is tighter; 0: the token is not one. */
int ctoken_binding(const struct ctoken *token);
