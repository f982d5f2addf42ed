// SPDX-License-Identifier: Apache-2.0

/* The parser's tokens and nodes. Memory was taken for all of them: each node eats at least one byte
 * of text. */

#include "expr/parser.h"

#include <string.h>
#include <strings.h>

int parser_advance(struct parser *parser)
{
    parser->end = parser->token.column + parser->token.width;
    return lex_next(&parser->lex, parser->error, &parser->token);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_word(const char *text, uint32_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

/* The operator of another language at the token or, as its first half, right before it: says how it
 * is written here. NULL: there is no such operator. */
static const char *foreign_operator(const struct parser *parser)
{
    static const char *const words[][2] = {
        {"and", "and is written &&"},
        {"or", "or is written ||"},
        {"matches", "matches is written =~"},
        {"like", "like is written =~"},
        {"is", "is is written =="},
        {"not", "not in is written !( ): write !(x in ...)"},
        {"!", "!in is written !( ): write !(x in ...)"},
    };
    const char *text = parser->lex.text;
    const struct token *token = &parser->token;
    uint32_t end = parser->end;

    if (end == token->column && end > 0 && text[end - 1] == '<' && token->kind == TOKEN_GT)
        return "unequal is written !=";
    if (end >= 3 && is_word(text + end - 3, 3, "not") && (end == 3 || !is_letter(text[end - 4])))
        return "not is written !( ), as in !(uid == 0)";
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (is_word(text + token->column, token->width, words[i][0]))
            return words[i][1];
    return NULL;
}

int parser_refuse(const struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;
    const char *word = parser->lex.text + token->column;
    const char *foreign = foreign_operator(parser);

    if (token->kind == TOKEN_END)
        return lex_refuse(parser->error, token->column, 1, "expected %s, but the expression ends",
                          expected);
    if (foreign)
        return lex_refuse(parser->error, token->column, token->width, "%s", foreign);
    return lex_refuse(parser->error, token->column, token->width, "expected %s, not %.*s", expected,
                      (int)token->width, word);
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
                          "operators and ( can be nested at most %d levels deep", EXPR_DEPTH_MAX);
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
