// SPDX-License-Identifier: Apache-2.0

/* Recursive descent, one token of look-ahead. Only brackets and signs make it recurse, and
 * EXPR_DEPTH_MAX bounds them; a && b && c is one node with three children, and so is a + b - c, so
 * long chains are flat here and in all that walks the tree later.
 *
 * Memory is taken once: each node eats at least one byte of text and a text never grows by
 * unescaping, so the expression's length bounds both. */

#include "expr/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/parser.h"

const char *op_spelling(enum op op)
{
    static const char *const spellings[] = {
        [OP_EQ] = "==",      [OP_NE] = "!=",         [OP_LT] = "<",           [OP_LE] = "<=",
        [OP_GT] = ">",       [OP_GE] = ">=",         [OP_OR] = "|",           [OP_XOR] = "^",
        [OP_AND] = "&",      [OP_SHIFT_LEFT] = "<<", [OP_SHIFT_RIGHT] = ">>", [OP_ADD] = "+",
        [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*",    [OP_DIVIDE] = "/",       [OP_REMAINDER] = "%",
    };

    return spellings[op];
}

/* A value, or two with .. between them. */
static int parse_range(struct parser *parser, uint32_t *ret_node)
{
    struct children children = {0};
    uint32_t low, high;
    int r = parse_value(parser, &low);

    *ret_node = low;
    if (r < 0 || parser->token.kind != TOKEN_DOTS)
        return r;
    r = parser_add(parser, NODE_RANGE, &parser->token, &children.parent);
    if (r < 0)
        return r;
    parser_add_child(parser, &children, low);
    r = parser_advance(parser);
    if (r == 0)
        r = parse_value(parser, &high);
    if (r < 0)
        return r;
    parser_add_child(parser, &children, high);
    *ret_node = children.parent;
    return 0;
}

static int parse_set(struct parser *parser, uint32_t *ret_node)
{
    struct children children = {0};
    int r;

    if (parser->token.kind != TOKEN_INDEX_OPEN)
        return parse_range(parser, ret_node);
    r = parser_add(parser, NODE_LIST, &parser->token, &children.parent);
    *ret_node = children.parent;
    return r < 0
               ? r
               : parser_elements(parser, TOKEN_INDEX_CLOSE, "a comma or ]", parse_range, &children);
}

static bool is_compare(enum token_kind kind)
{
    return (kind >= TOKEN_EQ && kind <= TOKEN_GE) || kind == TOKEN_IN || kind == TOKEN_MATCH ||
           kind == TOKEN_NOT_MATCH;
}

static int parse_comparison(struct parser *parser, uint32_t *ret_node)
{
    struct children children = {0};
    struct token token;
    uint32_t left, right;
    int r = parse_value(parser, &left);

    *ret_node = left;
    token = parser->token;
    if (r < 0 || !is_compare(token.kind))
        return r;
    r = parser_add(parser,
                   token.kind == TOKEN_IN   ? NODE_IN
                   : token.kind <= TOKEN_GE ? NODE_COMPARE
                                            : NODE_MATCH,
                   &token, &children.parent);
    if (r < 0)
        return r;
    parser->tree->nodes[children.parent].negative = token.kind == TOKEN_NOT_MATCH;
    if (token.kind <= TOKEN_GE && token.kind >= TOKEN_EQ)
        parser->tree->nodes[children.parent].op = (enum op)(token.kind - TOKEN_EQ + OP_EQ);
    parser_add_child(parser, &children, left);
    r = parser_advance(parser);
    if (r == 0)
        r = token.kind == TOKEN_IN ? parse_set(parser, &right) : parse_value(parser, &right);
    if (r < 0)
        return r;
    if (is_compare(parser->token.kind))
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "comparisons cannot be chained; write a < b && b < c");
    parser_add_child(parser, &children, right);
    *ret_node = children.parent;
    return 0;
}

/* One level of a joining operator: operands of the next level, in one list. */
static int parse_joined(struct parser *parser, enum token_kind joint, enum node_kind kind,
                        int (*parse_operand)(struct parser *, uint32_t *), uint32_t *ret_node)
{
    struct children children = {0};
    uint32_t operand;
    int r = parse_operand(parser, &operand);

    *ret_node = operand;
    if (r < 0 || parser->token.kind != joint)
        return r;
    r = parser_add(parser, kind, &parser->token, &children.parent);
    if (r < 0)
        return r;
    parser_add_child(parser, &children, operand);
    while (parser->token.kind == joint) {
        r = parser_advance(parser);
        if (r == 0)
            r = parse_operand(parser, &operand);
        if (r < 0)
            return r;
        parser_add_child(parser, &children, operand);
    }
    *ret_node = children.parent;
    return 0;
}

static int parse_and(struct parser *parser, uint32_t *ret_node)
{
    return parse_joined(parser, TOKEN_AND, NODE_AND, parse_comparison, ret_node);
}

int parse_or(struct parser *parser, uint32_t *ret_node)
{
    return parse_joined(parser, TOKEN_OR, NODE_OR, parse_and, ret_node);
}

static int parse_all(struct parser *parser)
{
    int r = parser_advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind == TOKEN_END)
        return lex_refuse(parser->error, parser->token.column, 1, "the expression is empty");
    r = parse_or(parser, &parser->tree->root);
    if (r < 0)
        return r;
    if (parser->token.kind == TOKEN_CLOSE)
        return lex_refuse(parser->error, parser->token.column, 1, "this ) has no matching (");
    if (parser->token.kind != TOKEN_END)
        return parser_refuse(parser, "an operator");
    return 0;
}

int tree_parse(const char *text, struct expr_error *error, struct tree *ret_tree)
{
    size_t length = strnlen(text, EXPR_TEXT_MAX + 1);
    struct tree tree = {.n_nodes = 1, .source = text};
    struct parser parser = {.tree = &tree, .error = error};
    int r;

    if (length > EXPR_TEXT_MAX)
        return lex_refuse(error, EXPR_TEXT_MAX, 1, "an expression has at most %d bytes",
                          EXPR_TEXT_MAX);
    lex_init(&parser.lex, text, (uint32_t)length);
    parser.room = 1 + (length < EXPR_NODES_MAX ? (uint32_t)length : EXPR_NODES_MAX);
    tree.nodes = calloc(parser.room, sizeof(*tree.nodes));
    tree.bytes = malloc(length + 1);
    if (!tree.nodes || !tree.bytes) {
        tree_deinit(&tree);
        lex_refuse(error, 0, 1, "out of memory");
        return -ENOMEM;
    }
    r = parse_all(&parser);
    if (r < 0) {
        tree_deinit(&tree);
        return r;
    }
    *ret_tree = tree;
    return 0;
}

void tree_deinit(struct tree *tree)
{
    free(tree->nodes);
    free(tree->bytes);
    *tree = (struct tree){0};
}
