// SPDX-License-Identifier: Apache-2.0

/* The parser's tokens and nodes. Memory was taken for all of them: each node eats at least one byte
 * of text. */

#include "expr/parser.h"

int parser_advance(struct parser *parser)
{
    parser->end = parser->token.column + parser->token.width;
    return lex_next(&parser->lex, parser->error, &parser->token);
}

int parser_refuse(const struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;

    if (token->kind == TOKEN_END)
        return lex_refuse(parser->error, token->column, 1, "expected %s, but the expression ends",
                          expected);
    return lex_refuse(parser->error, token->column, token->width, "expected %s, not %.*s", expected,
                      (int)token->width, parser->lex.text + token->column);
}

int parser_add(struct parser *parser, enum node_kind kind, const struct token *token,
               uint32_t *ret_node)
{
    struct tree *tree = parser->tree;

    if (tree->n_nodes == parser->room)
        return lex_refuse(parser->error, token->column, token->width,
                          "an expression has at most %d operands and operators", EXPR_NODES_MAX);
    tree->nodes[tree->n_nodes] = (struct node){
        .kind = kind,
        .column = token->column,
        .width = token->width,
        .start = token->column,
        .end = token->column + token->width,
        .magnitude = token->value,
    };
    *ret_node = tree->n_nodes++;
    return 0;
}

int parser_enter(struct parser *parser)
{
    if (parser->depth == EXPR_DEPTH_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "operators and ( may stand at most %d deep inside each other",
                          EXPR_DEPTH_MAX);
    parser->depth++;
    return parser_advance(parser);
}

void parser_add_child(struct parser *parser, struct children *children, uint32_t child)
{
    struct node *nodes = parser->tree->nodes;

    if (children->last)
        nodes[children->last].next = child;
    else
        nodes[children->parent].first = child;
    children->last = child;
    if (nodes[children->parent].start > nodes[child].start)
        nodes[children->parent].start = nodes[child].start;
    nodes[children->parent].end = parser->end;
}

int parser_elements(struct parser *parser, enum token_kind closing, const char *expected,
                    int (*parse_element)(struct parser *, uint32_t *), struct children *children)
{
    uint32_t element;
    int r = parser_enter(parser);

    if (r == 0 && parser->token.kind == closing) {
        r = parser_advance(parser);
        parser->tree->nodes[children->parent].end = parser->end;
        parser->depth--;
        return r;
    }
    while (r == 0) {
        r = parse_element(parser, &element);
        if (r < 0)
            return r;
        parser_add_child(parser, children, element);
        if (parser->token.kind == closing)
            break;
        if (parser->token.kind != TOKEN_COMMA)
            return parser_refuse(parser, expected);
        r = parser_advance(parser);
    }
    if (r == 0)
        r = parser_advance(parser);
    parser->tree->nodes[children->parent].end = parser->end;
    parser->depth--;
    return r;
}
