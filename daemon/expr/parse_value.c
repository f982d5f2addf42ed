// SPDX-License-Identifier: Apache-2.0

/* Operands: names, constants, calls, and what signs and arithmetic make of them. a + b - c is one
 * node with three children, so long chains are flat in all that walks the tree later. */

#include "expr/parser.h"

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

static int parse_unary(struct parser *parser, uint32_t *ret_node);

static int parse_parentheses(struct parser *parser, uint32_t *ret_node)
{
    struct token open = parser->token;
    int r = parser_enter(parser);

    if (r == 0)
        r = parse_or(parser, ret_node);
    if (r < 0)
        return r;
    parser->depth--;
    if (parser->token.kind == TOKEN_END)
        return lex_refuse(parser->error, open.column, 1, "this ( has no matching )");
    if (parser->token.kind != TOKEN_CLOSE)
        return parser_refuse(parser, "an operator or )");
    return parser_advance(parser);
}

/* ! - or ~ before an operand. */
static int parse_prefix(struct parser *parser, enum node_kind kind, uint32_t *ret_node)
{
    struct children children = {0};
    uint32_t child;
    int r = parser_add(parser, kind, &parser->token, &children.parent);

    if (r == 0)
        r = parser_enter(parser);
    if (r == 0)
        r = parse_unary(parser, &child);
    if (r < 0)
        return r;
    parser->depth--;
    parser_add_child(parser, &children, child);
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
                          "too small; a negative integer is at least -9223372036854775808");
    r = parser_add(parser, NODE_INTEGER, &minus, ret_node);
    if (r == 0)
        r = parser_advance(parser);
    if (r < 0)
        return r;
    parser->tree->nodes[*ret_node].negative = minus.value != 0;
    return parser_advance(parser);
}

/* What is in [ ] after a name. */
static int parse_index(struct parser *parser, uint32_t *ret_node)
{
    int r = parser_advance(parser);

    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INTEGER)
        return parser_refuse(parser, "an index of 0 or more");
    if (parser->token.value > EXPR_INDEX_MAX)
        return lex_refuse(parser->error, parser->token.column, parser->token.width,
                          "an index is at most %d", EXPR_INDEX_MAX);
    r = parser_add(parser, NODE_INDEX, &parser->token, ret_node);
    if (r == 0)
        r = parser_advance(parser);
    if (r < 0)
        return r;
    if (parser->token.kind != TOKEN_INDEX_CLOSE)
        return parser_refuse(parser, "]");
    return parser_advance(parser);
}

static int parse_member(struct parser *parser, uint32_t *ret_node)
{
    struct token name;
    int r = parser_advance(parser);

    name = parser->token;
    if (r < 0)
        return r;
    if (name.kind != TOKEN_NAME)
        return parser_refuse(parser, "a member's name");
    r = parser_add(parser, NODE_MEMBER, &name, ret_node);
    if (r < 0)
        return r;
    parser->tree->nodes[*ret_node].spelling =
        (struct text){parser->lex.text + name.column, name.width};
    return parser_advance(parser);
}

static int parse_name(struct parser *parser, uint32_t *ret_node)
{
    struct token name = parser->token;
    struct children children = {0};
    struct node *node;
    uint32_t child;
    int r = parser_add(parser, NODE_NAME, &name, ret_node);

    if (r < 0)
        return r;
    children.parent = *ret_node;
    node = &parser->tree->nodes[*ret_node];
    node->spelling = (struct text){parser->lex.text + name.column, name.width};
    r = parser_advance(parser);
    if (r == 0 && parser->token.kind == TOKEN_OPEN) {
        node->kind = NODE_CALL;
        return parser_elements(parser, TOKEN_CLOSE, "a comma or )", parse_or, &children);
    }
    while (r == 0 && (parser->token.kind == TOKEN_DOT || parser->token.kind == TOKEN_INDEX_OPEN)) {
        r = parser->token.kind == TOKEN_DOT ? parse_member(parser, &child)
                                            : parse_index(parser, &child);
        if (r == 0)
            parser_add_child(parser, &children, child);
    }
    node->width = node->end - node->start;
    return r;
}

static int parse_constant(struct parser *parser, enum node_kind kind, uint32_t *ret_node)
{
    const struct token token = parser->token;
    int r = parser_add(parser, kind, &token, ret_node);
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
    return parser_advance(parser);
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
        return parser_refuse(parser, "a field or a constant");
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
    r = parser_add(parser, NODE_CHAIN, &parser->token, &children.parent);
    if (r < 0)
        return r;
    parser_add_child(parser, &children, operand);
    while (find_joint(parser, level, &op)) {
        struct token joint = parser->token;

        r = parser_advance(parser);
        if (r == 0)
            r = parse_level(parser, level + 1, &operand);
        if (r < 0)
            return r;
        parser->tree->nodes[operand].op = op;
        parser->tree->nodes[operand].op_column = joint.column;
        parser->tree->nodes[operand].op_width = joint.width;
        parser_add_child(parser, &children, operand);
    }
    *ret_node = children.parent;
    return 0;
}

int parse_value(struct parser *parser, uint32_t *ret_node)
{
    return parse_level(parser, 0, ret_node);
}
