// SPDX-License-Identifier: Apache-2.0

/* Recursive descent, one function per level of binding, one token of look-ahead. Only ( and ! make
 * it recurse, and EXPR_DEPTH_MAX bounds both; a && b && c is one node with three children, so long
 * chains are flat here and in all that walks the tree later.
 *
 * Memory is taken once: each node eats at least one byte of text and a text never grows by
 * unescaping, so the expression's length bounds both. */

#include "expr/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr/lex.h"

struct parser {
    struct lex lex;
    struct token token; /* the one looked at */
    struct tree *tree;
    struct expr_error *error;
    uint32_t room; /* nodes */
    uint32_t n_bytes;
    uint32_t depth;
};

static int parse_or(struct parser *parser, uint32_t *ret_node);

const char *compare_spelling(enum compare compare)
{
    static const char *const spellings[] = {
        [COMPARE_EQ] = "==", [COMPARE_NE] = "!=", [COMPARE_LT] = "<",
        [COMPARE_LE] = "<=", [COMPARE_GT] = ">",  [COMPARE_GE] = ">=",
    };

    return spellings[compare];
}

static int advance(struct parser *parser)
{
    return lex_next(&parser->lex, parser->error, &parser->token);
}

/* "expected X, not Y" at the token looked at. */
static int refuse_expected(const struct parser *parser, const char *expected)
{
    const struct token *token = &parser->token;

    if (token->kind == TOKEN_END)
        return lex_refuse(parser->error, token->column, 1, "expected %s, but the expression ends",
                          expected);
    return lex_refuse(parser->error, token->column, token->width, "expected %s, not %.*s", expected,
                      (int)token->width, parser->lex.text + token->column);
}

/* A node that points at a token. */
static int add_node(struct parser *parser, enum node_kind kind, const struct token *token,
                    uint32_t *ret_node)
{
    struct tree *tree = parser->tree;

    if (tree->n_nodes == parser->room)
        return lex_refuse(parser->error, token->column, token->width,
                          "an expression has at most %d operands and operators", EXPR_NODES_MAX);
    tree->nodes[tree->n_nodes] = (struct node){
        .kind = kind, .column = token->column, .width = token->width, .magnitude = token->value};
    *ret_node = tree->n_nodes++;
    return 0;
}

static int enter(struct parser *parser)
{
    if (parser->depth == EXPR_DEPTH_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "( and ! may stand at most %d deep inside each other", EXPR_DEPTH_MAX);
    parser->depth++;
    return advance(parser);
}

static int parse_parentheses(struct parser *parser, uint32_t *ret_node)
{
    struct token open = parser->token;
    int r = enter(parser);

    if (r == 0)
        r = parse_or(parser, ret_node);
    if (r < 0)
        return r;
    parser->depth--;
    if (parser->token.kind == TOKEN_END)
        return lex_refuse(parser->error, open.column, 1, "this ( is not closed");
    if (parser->token.kind != TOKEN_CLOSE)
        return refuse_expected(parser, "an operator or )");
    return advance(parser);
}

static int parse_unary(struct parser *parser, uint32_t *ret_node);

static int parse_not(struct parser *parser, uint32_t *ret_node)
{
    uint32_t node, child;
    int r = add_node(parser, NODE_NOT, &parser->token, &node);

    if (r == 0)
        r = enter(parser);
    if (r == 0)
        r = parse_unary(parser, &child);
    if (r < 0)
        return r;
    parser->depth--;
    parser->tree->nodes[node].first = child;
    *ret_node = node;
    return 0;
}

/* -5: the minus belongs to the constant. */
static int parse_negative(struct parser *parser, uint32_t *ret_node)
{
    struct token minus = parser->token;
    int r = advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INTEGER)
        return refuse_expected(parser, "an integer after -");
    if (parser->token.value > UINT64_C(1) << 63)
        return lex_refuse(parser->error, minus.column,
                          parser->token.column + parser->token.width - minus.column,
                          "negative integers go down to -9223372036854775808");
    minus.width = parser->token.column + parser->token.width - minus.column;
    minus.value = parser->token.value;
    r = add_node(parser, NODE_INTEGER, &minus, ret_node);
    if (r < 0)
        return r;
    parser->tree->nodes[*ret_node].negative = minus.value != 0;
    return advance(parser);
}

/* What stands in [ ] behind a name. */
static int parse_index(struct parser *parser, struct node *node)
{
    int r = advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INTEGER)
        return refuse_expected(parser, "an index from 0 on");
    if (parser->token.value > EXPR_INDEX_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "an index is at most %d", EXPR_INDEX_MAX);
    node->kind = NODE_INDEX;
    node->magnitude = parser->token.value;
    r = advance(parser);
    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INDEX_CLOSE)
        return refuse_expected(parser, "]");
    node->width = parser->token.column + 1 - node->column;
    return advance(parser);
}

static int parse_name(struct parser *parser, uint32_t *ret_node)
{
    struct token name = parser->token;
    int r = add_node(parser, NODE_NAME, &name, ret_node);
    struct node *node;

    if (r < 0)
        return r;
    node = &parser->tree->nodes[*ret_node];
    node->spelling = (struct text){parser->lex.text + name.column, name.width};
    r = advance(parser);
    if (r < 0 || parser->token.kind != TOKEN_INDEX_OPEN)
        return r;
    return parse_index(parser, node);
}

static int parse_constant(struct parser *parser, uint32_t *ret_node)
{
    const struct token token = parser->token;
    enum node_kind kind = token.kind == TOKEN_INTEGER ? NODE_INTEGER
                          : token.kind == TOKEN_TEXT  ? NODE_TEXT
                                                      : NODE_BOOL;
    int r = add_node(parser, kind, &token, ret_node);
    struct node *node;

    if (r < 0)
        return r;
    node = &parser->tree->nodes[*ret_node];
    node->truth = token.kind == TOKEN_TRUE;
    if (kind == NODE_TEXT) {
        char *out = parser->tree->bytes + parser->n_bytes;

        node->spelling = (struct text){out, lex_unescape(&parser->lex, &token, out)};
        out[node->spelling.length] = '\0'; /* where its closing quote had room */
        parser->n_bytes += node->spelling.length + 1;
    }
    return advance(parser);
}

/* What binds tightest. */
static int parse_unary(struct parser *parser, uint32_t *ret_node)
{
    switch (parser->token.kind) {
    case TOKEN_NOT:
        return parse_not(parser, ret_node);
    case TOKEN_OPEN:
        return parse_parentheses(parser, ret_node);
    case TOKEN_MINUS:
        return parse_negative(parser, ret_node);
    case TOKEN_NAME:
        return parse_name(parser, ret_node);
    case TOKEN_INTEGER:
    case TOKEN_TEXT:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        return parse_constant(parser, ret_node);
    default:
        return refuse_expected(parser, "a field or a constant");
    }
}

static bool is_compare(enum token_kind kind)
{
    return kind >= TOKEN_EQ && kind <= TOKEN_GE;
}

static int parse_comparison(struct parser *parser, uint32_t *ret_node)
{
    uint32_t left, right, node;
    int r = parse_unary(parser, &left);

    if (r < 0)
        return r;
    if (!is_compare(parser->token.kind)) {
        *ret_node = left;
        return 0;
    }
    r = add_node(parser, NODE_COMPARE, &parser->token, &node);
    if (r < 0)
        return r;
    parser->tree->nodes[node].compare = (enum compare)(parser->token.kind - TOKEN_EQ);
    r = advance(parser);
    if (r == 0)
        r = parse_unary(parser, &right);
    if (r < 0)
        return r;
    if (is_compare(parser->token.kind))
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "comparisons do not chain: join two of them by &&");
    parser->tree->nodes[node].first = left;
    parser->tree->nodes[left].next = right;
    *ret_node = node;
    return 0;
}

/* One level of a joining operator: operands of the next level, in one list. */
static int parse_joined(struct parser *parser, enum token_kind joint, enum node_kind kind,
                        int (*parse_operand)(struct parser *, uint32_t *), uint32_t *ret_node)
{
    uint32_t node, last, next;
    int r = parse_operand(parser, &last);

    if (r < 0)
        return r;
    *ret_node = last;
    if (parser->token.kind != joint)
        return 0;
    r = add_node(parser, kind, &parser->token, &node);
    if (r < 0)
        return r;
    parser->tree->nodes[node].first = last;
    while (parser->token.kind == joint) {
        r = advance(parser);
        if (r == 0)
            r = parse_operand(parser, &next);
        if (r < 0)
            return r;
        parser->tree->nodes[last].next = next;
        last = next;
    }
    *ret_node = node;
    return 0;
}

static int parse_and(struct parser *parser, uint32_t *ret_node)
{
    return parse_joined(parser, TOKEN_AND, NODE_AND, parse_comparison, ret_node);
}

static int parse_or(struct parser *parser, uint32_t *ret_node)
{
    return parse_joined(parser, TOKEN_OR, NODE_OR, parse_and, ret_node);
}

static int parse_all(struct parser *parser)
{
    int r = advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind == TOKEN_END)
        return lex_refuse(parser->error, parser->token.column, 1, "the expression is empty");
    r = parse_or(parser, &parser->tree->root);
    if (r < 0)
        return r;
    if (parser->token.kind == TOKEN_CLOSE)
        return lex_refuse(parser->error, parser->token.column, 1, "this ) closes nothing");
    if (parser->token.kind != TOKEN_END)
        return refuse_expected(parser, "an operator");
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
