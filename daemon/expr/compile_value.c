// SPDX-License-Identifier: Apache-2.0

/* Each node becomes one operand, and each operator a step after those of its operands. A chain is
 * computed from the left into the register of its first operand, so that a + b + c takes two. */

#include "expr/compile_value.h"

#include "expr/arithmetic.h"
#include "expr/defs.h"
#include "expr/function.h"
#include "expr/path.h"
#include "record/moment.h"
#include "record/number_names.h"

const struct operand_context operand_context_none;

/* A walk over a subtree, also through named expressions, of which there may be no end. */
struct context_search {
    const struct compile *compile;
    const struct tree *tree;
    struct operand_context own;
    uint32_t left; /* nodes */
};

static void search_context(struct context_search *search, const struct node *node);

static bool is_number(const struct field *field)
{
    return (field->kind == FIELD_UINT || field->kind == FIELD_INT) &&
           (field->meaning == MEANING_NONE || field->meaning == MEANING_HEX);
}

static void search_name(struct context_search *search, const struct node *node)
{
    const struct expr_def *def = expr_defs_find(search->compile->scope->defs, node);
    const struct tree *outer = search->tree;
    struct compile here = *search->compile;
    const struct field *field;
    struct number_set set;

    if (def) {
        search->tree = &def->tree;
        search_context(search, &def->tree.nodes[def->tree.root]);
        search->tree = outer;
        return;
    }
    here.tree = search->tree;
    if (!path_field(&here, node, &field))
        return;
    search->own.is_number = search->own.is_number || is_number(field);
    if (!search->own.names && number_set_of_field(field, &set)) {
        search->own.names = field;
        search->own.words =
            (struct text){search->tree->source + node->start, node->end - node->start};
    }
    search->own.is_text =
        search->own.is_text || field->kind == FIELD_CHARS || field->kind == FIELD_TEXT;
    if (!search->own.clock && moment_is_since_boot(field->meaning))
        search->own.clock = field->meaning;
}

static void search_context(struct context_search *search, const struct node *node)
{
    if (search->left == 0)
        return;
    search->left--;
    if (node->kind == NODE_NAME)
        search_name(search, node);
    else if (node->kind != NODE_CALL)
        for (uint32_t at = node->first; at; at = search->tree->nodes[at].next)
            search_context(search, &search->tree->nodes[at]);
}

struct operand_context value_context(const struct compile *compile, const struct node *node,
                                     const struct operand_context *around)
{
    struct context_search search = {
        .compile = compile, .tree = compile->tree, .left = EXPR_NODES_MAX};

    search_context(&search, node);
    if (!search.own.names) {
        search.own.names = around->names;
        search.own.words = around->words;
    }
    search.own.is_number = search.own.is_number || around->is_number;
    if (!search.own.clock)
        search.own.clock = around->clock;
    return search.own;
}

static int compile_chain(struct compile *compile, const struct node *node,
                         const struct operand_context *around, struct operand *ret)
{
    const struct operand_context context = value_context(compile, node, around);
    const struct node *child = compile_node(compile, node->first);
    struct operand left, right;
    int r = value_compile(compile, child, &context, &left);

    while (r == 0 && child->next) {
        struct node joint = *node;

        child = compile_node(compile, child->next);
        joint.column = child->op_column;
        joint.width = child->op_width;
        r = compile_count(compile, child);
        if (r == 0)
            r = value_compile(compile, child, &context, &right);
        if (r == 0)
            r = arithmetic_binary(compile, &joint, child->op, &left, &right);
        left.node = node;
    }
    if (r == 0)
        *ret = left;
    return r;
}

static int compile_unary(struct compile *compile, const struct node *node,
                         const struct operand_context *context, struct operand *ret)
{
    int r = value_compile(compile, compile_node(compile, node->first), context, ret);

    return r < 0 ? r : arithmetic_unary(compile, node, ret);
}

static int compile_name(struct compile *compile, const struct node *node,
                        const struct operand_context *context, struct operand *ret)
{
    const struct expr_def *def = expr_defs_find(compile->scope->defs, node);
    const struct tree *outer = compile->tree;
    int r;

    if (!def)
        return path_resolve(compile, node, context, ret);
    compile->tree = &def->tree;
    r = value_compile(compile, compile_node(compile, def->tree.root), context, ret);
    compile->tree = outer;
    if (r < 0 && !compile->error->def)
        compile->error->def = def;
    ret->node = node;
    return r;
}

static void address_operand(const struct node *node, struct operand *ret)
{
    const struct address *address = &node->address;

    *ret = (struct operand){.node = node, .type = TYPE_BYTES, .size = address->size};
    if (address->size == 4) {
        uint32_t raw;

        memcpy(&raw, address->bytes, sizeof(raw));
        ret->type = TYPE_IPV4;
        ret->integer = raw;
        return;
    }
    ret->meaning = address->size == 6 ? MEANING_MAC : MEANING_IPV6;
    ret->text = (struct text){(const char *)address->bytes, address->size};
}

static int compile_address(struct compile *compile, const struct node *node, struct operand *ret)
{
    if (node->address.is_network)
        return compile_refuse(compile, node,
                              "a network is allowed only after in, as in saddr in 10.0.0.0/8");
    address_operand(node, ret);
    if (ret->type == TYPE_IPV4)
        return 0;
    ret->text = program_keep_text(compile->expr, &ret->text);
    return ret->text.bytes ? 0 : compile_no_memory(compile);
}

static int compile_text(struct compile *compile, const struct node *node, struct operand *ret)
{
    *ret = (struct operand){.node = node, .type = TYPE_TEXT};
    ret->text = program_keep_text(compile->expr, &node->spelling);
    return ret->text.bytes ? 0 : compile_no_memory(compile);
}

int value_compile(struct compile *compile, const struct node *node,
                  const struct operand_context *context, struct operand *ret)
{
    int r = compile_count(compile, node);

    if (r < 0)
        return r;
    switch (node->kind) {
    case NODE_NAME:
        return compile_name(compile, node, context, ret);
    case NODE_INTEGER:
        *ret = operand_integer(node, node->negative ? -node->magnitude : node->magnitude,
                               node->negative);
        return 0;
    case NODE_FLOAT:
        *ret = (struct operand){.node = node, .type = TYPE_FLOAT, .number = node->number};
        return 0;
    case NODE_BOOL:
        *ret = (struct operand){.node = node, .type = TYPE_BOOL, .integer = node->truth};
        return 0;
    case NODE_NULL:
        *ret = operand_null(node, TYPE_NULL);
        return 0;
    case NODE_TEXT:
        return compile_text(compile, node, ret);
    case NODE_ADDRESS:
        return compile_address(compile, node, ret);
    case NODE_CHAIN:
        return compile_chain(compile, node, context, ret);
    case NODE_NEGATE:
    case NODE_COMPLEMENT:
        return compile_unary(compile, node, context, ret);
    case NODE_CALL:
        return function_value(compile, node, context, ret);
    case NODE_NOT:
        return compile_refuse(compile, node, "! applies to the next value only; write !(a == b)");
    default:
        return compile_refuse(compile, node,
                              "conditions cannot be compared; combine them with && and ||");
    }
}
