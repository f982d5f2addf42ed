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

#include "expr/lex.h"

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

/* The levels of binding between a comparison and a sign, the loosest first. Unlike in C, & ^ | bind
 * tighter than comparisons: flags & 2 == 2 asks what it seems to ask. */
enum { LEVELS = 6 };
static const struct {
    enum token_kind token;
    unsigned level;
    enum op op;
} joints[] = {
    {TOKEN_BAR, 0, OP_OR},
    {TOKEN_CARET, 1, OP_XOR},
    {TOKEN_AMPERSAND, 2, OP_AND},
    {TOKEN_SHIFT_LEFT, 3, OP_SHIFT_LEFT},
    {TOKEN_SHIFT_RIGHT, 3, OP_SHIFT_RIGHT},
    {TOKEN_PLUS, 4, OP_ADD},
    {TOKEN_MINUS, 4, OP_SUBTRACT},
    {TOKEN_STAR, 5, OP_MULTIPLY},
    {TOKEN_SLASH, 5, OP_DIVIDE},
    {TOKEN_PERCENT, 5, OP_REMAINDER},
};

static int parse_or(struct parser *parser, uint32_t *ret_node);
static int parse_unary(struct parser *parser, uint32_t *ret_node);

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

static int advance(struct parser *parser)
{
    parser->end = parser->token.column + parser->token.width;
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

/* A list gets its elements one by one. */
struct children {
    uint32_t parent;
    uint32_t last;
};

static void add_child(struct parser *parser, struct children *children, uint32_t child)
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

static int enter(struct parser *parser)
{
    if (parser->depth == EXPR_DEPTH_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "operators and ( may stand at most %d deep inside each other",
                          EXPR_DEPTH_MAX);
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

/* ! - or ~ before an operand. */
static int parse_prefix(struct parser *parser, enum node_kind kind, uint32_t *ret_node)
{
    struct children children = {0};
    uint32_t child;
    int r = add_node(parser, kind, &parser->token, &children.parent);

    if (r == 0)
        r = enter(parser);
    if (r == 0)
        r = parse_unary(parser, &child);
    if (r < 0)
        return r;
    parser->depth--;
    add_child(parser, &children, child);
    *ret_node = children.parent;
    return 0;
}

/* -5: the minus belongs to the constant. */
static int parse_minus(struct parser *parser, uint32_t *ret_node)
{
    struct lex ahead = parser->lex;
    struct token minus = parser->token, next;
    int r = lex_next(&ahead, parser->error, &next);

    if (r < 0)
        return r;
    if (next.kind != TOKEN_INTEGER)
        return parse_prefix(parser, NODE_NEGATE, ret_node);
    minus.width = next.column + next.width - minus.column;
    minus.value = next.value;
    if (next.value > UINT64_C(1) << 63)
        return lex_refuse(parser->error, minus.column, minus.width,
                          "negative integers go down to -9223372036854775808");
    r = add_node(parser, NODE_INTEGER, &minus, ret_node);
    if (r == 0)
        r = advance(parser);
    if (r < 0)
        return r;
    parser->tree->nodes[*ret_node].negative = minus.value != 0;
    return advance(parser);
}

/* What stands in [ ] behind a name. */
static int parse_index(struct parser *parser, uint32_t *ret_node)
{
    int r = advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INTEGER)
        return refuse_expected(parser, "an index from 0 on");
    if (parser->token.value > EXPR_INDEX_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "an index is at most %d", EXPR_INDEX_MAX);
    r = add_node(parser, NODE_INDEX, &parser->token, ret_node);
    if (r == 0)
        r = advance(parser);
    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INDEX_CLOSE)
        return refuse_expected(parser, "]");
    return advance(parser);
}

static int parse_member(struct parser *parser, uint32_t *ret_node)
{
    struct token name;
    int r = advance(parser);

    name = parser->token;
    if (r < 0)
        return r;
    if (name.kind != TOKEN_NAME)
        return refuse_expected(parser, "a member's name");
    r = add_node(parser, NODE_MEMBER, &name, ret_node);
    if (r < 0)
        return r;
    parser->tree->nodes[*ret_node].spelling =
        (struct text){parser->lex.text + name.column, name.width};
    return advance(parser);
}

/* Elements up to what closes them, at least one where `needed`. */
static int parse_elements(struct parser *parser, enum token_kind closing, const char *expected,
                          int (*parse_element)(struct parser *, uint32_t *),
                          struct children *children)
{
    uint32_t element;
    int r = enter(parser);

    if (r == 0 && parser->token.kind == closing) {
        r = advance(parser);
        parser->tree->nodes[children->parent].end = parser->end;
        parser->depth--;
        return r;
    }
    while (r == 0) {
        r = parse_element(parser, &element);
        if (r < 0)
            return r;
        add_child(parser, children, element);
        if (parser->token.kind == closing)
            break;
        if (parser->token.kind != TOKEN_COMMA)
            return refuse_expected(parser, expected);
        r = advance(parser);
    }
    if (r == 0)
        r = advance(parser);
    parser->tree->nodes[children->parent].end = parser->end;
    parser->depth--;
    return r;
}

static int parse_name(struct parser *parser, uint32_t *ret_node)
{
    struct token name = parser->token;
    struct children children = {0};
    struct node *node;
    uint32_t child;
    int r = add_node(parser, NODE_NAME, &name, ret_node);

    if (r < 0)
        return r;
    children.parent = *ret_node;
    node = &parser->tree->nodes[*ret_node];
    node->spelling = (struct text){parser->lex.text + name.column, name.width};
    r = advance(parser);
    if (r == 0 && parser->token.kind == TOKEN_OPEN) {
        node->kind = NODE_CALL;
        return parse_elements(parser, TOKEN_CLOSE, "a comma or )", parse_or, &children);
    }
    while (r == 0 && (parser->token.kind == TOKEN_DOT || parser->token.kind == TOKEN_INDEX_OPEN)) {
        r = parser->token.kind == TOKEN_DOT ? parse_member(parser, &child)
                                            : parse_index(parser, &child);
        if (r == 0)
            add_child(parser, &children, child);
    }
    node->width = node->end - node->start;
    return r;
}

static int parse_constant(struct parser *parser, enum node_kind kind, uint32_t *ret_node)
{
    const struct token token = parser->token;
    int r = add_node(parser, kind, &token, ret_node);
    struct node *node;

    if (r < 0)
        return r;
    node = &parser->tree->nodes[*ret_node];
    node->truth = token.kind == TOKEN_TRUE;
    node->number = token.number;
    node->address = token.address;
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
        return parse_prefix(parser, NODE_NOT, ret_node);
    case TOKEN_TILDE:
        return parse_prefix(parser, NODE_COMPLEMENT, ret_node);
    case TOKEN_MINUS:
        return parse_minus(parser, ret_node);
    case TOKEN_OPEN:
        return parse_parentheses(parser, ret_node);
    case TOKEN_NAME:
        return parse_name(parser, ret_node);
    case TOKEN_INTEGER:
        return parse_constant(parser, NODE_INTEGER, ret_node);
    case TOKEN_FLOAT:
        return parse_constant(parser, NODE_FLOAT, ret_node);
    case TOKEN_TEXT:
        return parse_constant(parser, NODE_TEXT, ret_node);
    case TOKEN_ADDRESS:
        return parse_constant(parser, NODE_ADDRESS, ret_node);
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        return parse_constant(parser, NODE_BOOL, ret_node);
    case TOKEN_NULL:
        return parse_constant(parser, NODE_NULL, ret_node);
    default:
        return refuse_expected(parser, "a field or a constant");
    }
}

/* Is the token looked at an operator of this level? */
static bool find_joint(const struct parser *parser, unsigned level, enum op *ret_op)
{
    for (size_t i = 0; i < sizeof(joints) / sizeof(*joints); i++) {
        if (joints[i].token == parser->token.kind && joints[i].level == level) {
            *ret_op = joints[i].op;
            return true;
        }
    }
    return false;
}

static int parse_level(struct parser *parser, unsigned level, uint32_t *ret_node)
{
    struct children children = {0};
    uint32_t operand;
    enum op op;
    int r =
        level == LEVELS ? parse_unary(parser, &operand) : parse_level(parser, level + 1, &operand);

    if (r < 0 || level == LEVELS || !find_joint(parser, level, &op)) {
        *ret_node = operand;
        return r;
    }
    r = add_node(parser, NODE_CHAIN, &parser->token, &children.parent);
    if (r < 0)
        return r;
    add_child(parser, &children, operand);
    while (find_joint(parser, level, &op)) {
        struct token joint = parser->token;

        r = advance(parser);
        if (r == 0)
            r = parse_level(parser, level + 1, &operand);
        if (r < 0)
            return r;
        parser->tree->nodes[operand].op = op;
        parser->tree->nodes[operand].op_column = joint.column;
        parser->tree->nodes[operand].op_width = joint.width;
        add_child(parser, &children, operand);
    }
    *ret_node = children.parent;
    return 0;
}

static int parse_value(struct parser *parser, uint32_t *ret_node)
{
    return parse_level(parser, 0, ret_node);
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
    r = add_node(parser, NODE_RANGE, &parser->token, &children.parent);
    if (r < 0)
        return r;
    add_child(parser, &children, low);
    r = advance(parser);
    if (r == 0)
        r = parse_value(parser, &high);
    if (r < 0)
        return r;
    add_child(parser, &children, high);
    *ret_node = children.parent;
    return 0;
}

static int parse_set(struct parser *parser, uint32_t *ret_node)
{
    struct children children = {0};
    int r;

    if (parser->token.kind != TOKEN_INDEX_OPEN)
        return parse_range(parser, ret_node);
    r = add_node(parser, NODE_LIST, &parser->token, &children.parent);
    *ret_node = children.parent;
    return r < 0
               ? r
               : parse_elements(parser, TOKEN_INDEX_CLOSE, "a comma or ]", parse_range, &children);
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
    r = add_node(parser,
                 token.kind == TOKEN_IN   ? NODE_IN
                 : token.kind <= TOKEN_GE ? NODE_COMPARE
                                          : NODE_MATCH,
                 &token, &children.parent);
    if (r < 0)
        return r;
    parser->tree->nodes[children.parent].negative = token.kind == TOKEN_NOT_MATCH;
    if (token.kind <= TOKEN_GE && token.kind >= TOKEN_EQ)
        parser->tree->nodes[children.parent].op = (enum op)(token.kind - TOKEN_EQ + OP_EQ);
    add_child(parser, &children, left);
    r = advance(parser);
    if (r == 0)
        r = token.kind == TOKEN_IN ? parse_set(parser, &right) : parse_value(parser, &right);
    if (r < 0)
        return r;
    if (is_compare(parser->token.kind))
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "comparisons do not chain: join two of them by &&");
    add_child(parser, &children, right);
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
    r = add_node(parser, kind, &parser->token, &children.parent);
    if (r < 0)
        return r;
    add_child(parser, &children, operand);
    while (parser->token.kind == joint) {
        r = advance(parser);
        if (r == 0)
            r = parse_operand(parser, &operand);
        if (r < 0)
            return r;
        add_child(parser, &children, operand);
    }
    *ret_node = children.parent;
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
