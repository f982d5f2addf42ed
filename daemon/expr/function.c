// SPDX-License-Identifier: Apache-2.0

/* The functions' table, and what all of them do: count and type their arguments. */

#include "expr/function.h"

#include <stdio.h>
#include <string.h>

#include "base/suggestion.h"
#include "expr/compile_value.h"

static const struct function functions[] = {
    {"has", "has(field)", 1, 1, NULL, function_has},
    {"len", "len(text)", 1, 1, function_len, NULL},
    {"startswith", "startswith(text, text)", 2, 2, NULL, function_startswith},
    {"endswith", "endswith(text, text)", 2, 2, NULL, function_endswith},
    {"contains", "contains(text, text)", 2, 2, NULL, function_contains},
    {"in_cgroup", "in_cgroup(path) or in_cgroup(text, path)", 1, 2, NULL, function_in_cgroup},
    {"lower", "lower(text)", 1, 1, function_lower, NULL},
    {"upper", "upper(text)", 1, 1, function_upper, NULL},
    {"basename", "basename(text)", 1, 1, function_basename, NULL},
    {"dirname", "dirname(text)", 1, 1, function_dirname, NULL},
    {"ip", "ip(address)", 1, 1, function_ip, NULL},
    {"mac", "mac(address)", 1, 1, function_mac, NULL},
    {"net", "net(address, bits)", 2, 2, function_net, NULL},
    {"bucket", "bucket(integer, width) or bucket(integer, log2)", 2, 2, function_bucket, NULL},
    {"hash", "hash(value, ...) with at most 8 values", 1, EXPR_ARGUMENTS_MAX, function_hash, NULL},
    {"now", "now()", 0, 0, function_now, NULL},
};
enum { FUNCTIONS = sizeof(functions) / sizeof(*functions) };

static const struct function *find(const struct node *node)
{
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (strlen(functions[i].name) == node->spelling.length &&
            memcmp(functions[i].name, node->spelling.bytes, node->spelling.length) == 0)
            return &functions[i];
    }
    return NULL;
}

static int refuse_name(const struct compile *compile, const struct node *node)
{
    struct suggestion suggestion;

    suggestion_init_part(&suggestion, node->spelling.bytes, node->spelling.length);
    for (size_t i = 0; i < FUNCTIONS; i++)
        suggestion_offer(&suggestion, functions[i].name);
    return compile_refuse(compile, node, "no such function: %.*s; %s", (int)node->spelling.length,
                          node->spelling.bytes,
                          suggestion_or_list(&suggestion, "there are", FUNCTIONS));
}

static int prepare(struct compile *compile, const struct node *node,
                   const struct operand_context *context, struct call *call,
                   const struct function **ret)
{
    const struct function *function = find(node);

    *call = (struct call){
        .compile = compile, .node = node, .context = context, .first = compile->expr->n_steps};
    if (!function)
        return refuse_name(compile, node);
    for (uint32_t at = node->first; at; at = compile->tree->nodes[at].next) {
        if (call->n == function->most)
            return compile_refuse(compile, compile_node(compile, at),
                                  "too many arguments; write %s", function->usage);
        call->arguments[call->n++] = compile_node(compile, at);
    }
    if (call->n < function->least)
        return compile_refuse(compile, node, "too few arguments; write %s", function->usage);
    *ret = function;
    return 0;
}

bool function_is_condition(const struct node *node)
{
    const struct function *function = find(node);

    return function && function->condition;
}

int function_value(struct compile *compile, const struct node *node,
                   const struct operand_context *context, struct operand *ret)
{
    const struct function *function;
    struct call call;
    int r = prepare(compile, node, context, &call, &function);

    if (r == 0 && !function->value)
        return compile_refuse(compile, node,
                              "%s is a condition; conditions cannot be compared: combine them "
                              "with && and ||",
                              function->usage);
    return r < 0 ? r : function->value(&call, ret);
}

int function_condition(struct compile *compile, const struct node *node, uint32_t *ret_term)
{
    const struct function *function;
    struct call call;
    int r = prepare(compile, node, &operand_context_none, &call, &function);

    return r < 0 ? r : function->condition(&call, ret_term);
}

int call_any(const struct call *call, uint32_t i, struct operand *ret)
{
    return value_compile(call->compile, call->arguments[i], call->context, ret);
}

int call_value(const struct call *call, uint32_t i, struct operand *ret)
{
    int r = call_any(call, i, ret);

    return r < 0 ? r : operand_check_value(call->compile, ret);
}

int call_refuse(const struct call *call, const struct operand *operand, const char *wanted)
{
    char words[OPERAND_WORDS_MAX];

    operand_describe(call->compile, operand, words);
    return compile_refuse(call->compile, operand->node, "%.*s() needs %s; %s",
                          (int)call->node->spelling.length, call->node->spelling.bytes, wanted,
                          words);
}

int call_text(const struct call *call, uint32_t i, struct operand *ret)
{
    int r = call_value(call, i, ret);

    if (r < 0)
        return r;
    if (ret->type == TYPE_NULL)
        ret->type = TYPE_TEXT;
    if (ret->type != TYPE_TEXT)
        return call_refuse(call, ret, "text");
    return 0;
}

int call_constant(const struct call *call, uint32_t i, int64_t least, int64_t most,
                  const char *what, int64_t *ret)
{
    struct operand operand;
    int r = call_value(call, i, &operand);
    wide value;

    if (r < 0)
        return r;
    value = operand_wide(&operand);
    if (operand.type != TYPE_INTEGER || !operand_is_constant(&operand) || operand.is_null ||
        value < least || value > most)
        return compile_refuse(call->compile, call->arguments[i],
                              "%.*s() needs %s, a constant from %lld to %lld",
                              (int)call->node->spelling.length, call->node->spelling.bytes, what,
                              (long long)least, (long long)most);
    *ret = (int64_t)value;
    return 0;
}

int call_step(const struct call *call, const struct step *step, const struct operand *operand,
              bool constant, struct operand *ret)
{
    struct step added = *step;
    int r;

    added.a = added.out = operand->reg;
    r = compile_add_step(call->compile, &added);
    ret->node = call->node;
    return r < 0 ? r : operand_settle(call->compile, ret, call->first, added.out, constant);
}

int call_scratch(const struct call *call, uint32_t each, struct step *step)
{
    struct compile *compile = call->compile;

    if (compile->n_copies++ == EXPR_COPIES_MAX)
        return compile_refuse(
            compile, call->node,
            "at most %d calls of lower(), upper() and net() are allowed in an expression",
            EXPR_COPIES_MAX);
    step->scratch_each = each;
    step->scratch = program_keep(compile->expr, (size_t)each * BATCH_MAX + 1, NULL);
    return step->scratch ? 0 : compile_no_memory(compile);
}
