// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the parts of the parser share. All functions return 0, or -EINVAL with the error filled. */

#include "expr/lex.h"
#include "expr/parse.h"

struct parser {
    struct lex lex;
    struct token token; /* the one looked at */
    struct tree *tree;
    struct expr_error *error;
    uint32_t room; /* nodes */
    uint32_t n_bytes;
    uint32_t depth;
    uint32_t end; /* of the token before the one looked at */
};

/* The parent node of a list whose elements are added one by one. */
struct children {
    uint32_t parent;
    uint32_t last;
};

/* Moves to the next token. */
int parser_advance(struct parser *parser);
/* Moves to the next token and counts one more level of nesting; the caller decrements parser->depth
 * when the level ends. */
int parser_enter(struct parser *parser);
/* Refuses the current token: "expected X, not Y", or how an operator of another language is
 * written here. */
int parser_refuse(const struct parser *parser, const char *expected);
/* A node that points at a token. */
int parser_add(struct parser *parser, enum node_kind kind, const struct token *token,
               uint32_t *ret_node);
/* Appends a node to the children. */
void parser_add_child(struct parser *parser, struct children *children, uint32_t child);
/* Elements between commas, up to what closes them; the token looked at is what opened them. */
int parser_elements(struct parser *parser, enum token_kind closing, const char *expected,
                    int (*parse_element)(struct parser *, uint32_t *), struct children *children);

/* An operand of a comparison: in parse_value.c. */
int parse_value(struct parser *parser, uint32_t *ret_node);
/* A whole condition, as inside parentheses: in parse.c. */
int parse_or(struct parser *parser, uint32_t *ret_node);
