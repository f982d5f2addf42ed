// SPDX-License-Identifier: Apache-2.0

/* The parser's tokens and nodes. Memory was taken for all of them: each node eats at least one byte
 * of text. */

#include "expr/parser.h"

#include <string.h>

int parser_advance(struct parser *parser)
{
    parser->end = parser->token.column + parser->token.width;
    return lex_next(&parser->lex, parser->error, &parser->token);
}

/* For those who write the words of other languages; NULL: it is none. */
static const char *operator_of(const char *word, uint32_t length)
{
    static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}, {"matches", "=~"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (length == strlen(words[i][0]) && memcmp(word, words[i][0], length) == 0)
            return words[i][1];
    return NULL;
}

int parser_refuse(const struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;
    const char *word = parser->lex.text + token->column;
    const char *meant = operator_of(word, token->width);

    if (token->kind == TOKEN_END)
        return lex_refuse(parser->error, token->column, 1, "expected %s, but the expression ends",
                          expected);
    return lex_refuse(parser->error, token->column, token->width, "expected %s, not %.*s%s%s%s",
                      expected, (int)token->width, word, meant ? "; did you mean " : "",
                      meant ? meant : "", meant ? "?" : "");
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
