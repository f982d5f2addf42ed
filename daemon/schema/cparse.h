// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the files that read a C text share: one parser, one token looked at. Functions here and in
 * cexpr, cdecl and cstruct return 0 or -errno, with the sentence in the lexer's error and its place
 * in error_at. */

#include "schema/clex.h"
#include "schema/cscope.h"
#include "schema/ctype.h"

enum {
    CPARSE_DEPTH_MAX = 48, /* structs, parentheses and signs within each other */
    CPARSE_NAME_MAX = 255, /* bytes of a name that a message quotes */
};

struct cparser {
    struct clex lex;
    struct ctoken token; /* the one looked at */
    struct ctypes *types;
    struct cscope scope;
    uint32_t depth;
    uint32_t struct_depth;    /* how many bodies of structs are open */
    const struct ctype *last; /* the last struct or union defined outside of any other */
    const char *last_name;    /* a typedef of it, if it has no tag */
};

/* On to the next token. */
int cparse_advance(struct cparser *parser);

/* Whether the token looked at is that mark. */
bool cparse_is_mark(const struct cparser *parser, uint32_t mark);
/* Whether the token looked at is that word. */
bool cparse_is_word(const struct cparser *parser, const char *word);
/* Whether the token looked at is one of these words. */
bool cparse_is_one_of(const struct cparser *parser, const char *const *words, size_t count);

/* "expected X, not Y", at the token looked at. */
int cparse_refuse(struct cparser *parser, const char *expected);
/* "out of memory". Returns -ENOMEM. */
int cparse_refuse_memory(struct cparser *parser);
/* "NAME is defined twice" */
int cparse_refuse_twice(struct cparser *parser, const struct ctoken *name);

/* Takes a mark that must be there; `expected` is what the message says instead. */
int cparse_take_mark(struct cparser *parser, uint32_t mark, const char *expected);

/* How many bytes of a token a message quotes. */
int cparse_quoted(const struct ctoken *token);

/* A token's text. */
const char *cparse_text(const struct cparser *parser, const struct ctoken *token);
/* A copy of it that lives as long as the types; NULL when out of memory. */
const char *cparse_keep(struct cparser *parser, const struct ctoken *token);

/* Adds a name that must not be there. */
int cparse_define(struct cparser *parser, const struct ctoken *token, const struct cname *name);

/* Goes one level deeper, before everything that can contain itself. -EINVAL: deeper than
 * CPARSE_DEPTH_MAX. */
int cparse_enter(struct cparser *parser);
/* Goes one level up, only after cparse_enter() returned 0. */
void cparse_leave(struct cparser *parser);

/* From a ( on to after its ). */
int cparse_skip_parentheses(struct cparser *parser);
