// SPDX-License-Identifier: Apache-2.0

/* in_cgroup(): whether a cgroup is the one of that path, or below it. The field cgroup_path is
 * there because the handler's config mentions the function: see record/name_columns.h. */

#include <string.h>

#include "expr/compare.h"
#include "expr/conditional.h"
#include "expr/cost.h"
#include "expr/function.h"
#include "expr/operand_load.h"

static bool is_within(const struct text *path, const struct text *above)
{
    return path->length >= above->length && memcmp(path->bytes, above->bytes, above->length) == 0 &&
           (path->length == above->length || path->bytes[above->length] == '/');
}

/* Register a: paths; text: the one above, without a "/" at its end. */
static uint32_t predicate_within(const struct term *term, const struct run *run, bool wanted,
                                 uint16_t *selection, uint32_t n)
{
    const struct text *paths = run->regs[term->a].texts;
    uint32_t kept = 0;

    for (uint32_t k = 0; k < n; k++) {
        bool match = paths[k].bytes && is_within(&paths[k], &term->text);

        selection[kept] = selection[k];
        kept += match == wanted;
    }
    return kept;
}

static int read_path(const struct call *call, uint32_t i, struct text *ret)
{
    struct operand path;
    int r = call_text(call, i, &path);

    if (r < 0)
        return r;
    if (!operand_is_constant(&path) || path.is_null || path.text.length == 0 ||
        path.text.bytes[0] != '/')
        return call_refuse(call, &path,
                           "a constant path that begins with /, such as \"/system.slice\"");
    *ret = program_keep_text(call->compile->expr, &path.text);
    if (!ret->bytes)
        return compile_no_memory(call->compile);
    while (ret->length > 0 && ret->bytes[ret->length - 1] == '/')
        ret->length--;
    return 0;
}

static bool others_have_it(const struct expr_scope *scope)
{
    for (uint32_t i = 0; scope->siblings && scope->siblings[i]; i++)
        if (schema_find(scope->siblings[i], "cgroup_path"))
            return true;
    return false;
}

static int find_cgroup(const struct call *call, struct operand *ret)
{
    const struct expr_scope *scope = call->compile->scope;
    const struct field *field = schema_find(scope->schema, "cgroup_path");

    if (field) {
        operand_of_field(call->node, field, ret);
        return conditional_settle(call->compile, ret);
    }
    if (!others_have_it(scope))
        return compile_refuse(call->compile, call->node,
                              "%s has no field cgroup_id; write in_cgroup(text, path) with another "
                              "field",
                              scope->schema->type_name);
    *ret = operand_null(call->node, TYPE_TEXT);
    return 0;
}

int function_in_cgroup(const struct call *call, uint32_t *ret_term)
{
    struct term term = {.run = predicate_within, .cost = COST_PREFIX, .passes = PASSES_SOME};
    struct operand operand;
    int r = read_path(call, call->n - 1, &term.text);
    bool constant;

    if (r == 0)
        r = call->n == 1 ? find_cgroup(call, &operand) : call_text(call, 0, &operand);
    if (r < 0)
        return r;
    constant = operand_is_constant(&operand);
    r = operand_load(call->compile, &operand);
    if (r < 0)
        return r;
    term.a = operand.reg;
    operand_drop(call->compile, &operand);
    return compare_add_predicate(call->compile, &term, call->first, constant, ret_term);
}
