// SPDX-License-Identifier: Apache-2.0

/* A path means a field first, and a whole path with its indexes is one field with another offset.
 * Only where no field has its name may a word be an enum value, and then of the enum that is
 * beside it: so the same word may be a value of two enums, and a word that is neither gets the
 * suggestion that fits its place. A field that only a sibling has is null of that field's type. */

#include "expr/path.h"

#include <errno.h>
#include <string.h>

#include "expr/conditional.h"
#include "expr/defs.h"
#include "record/field_path.h"
#include "record/kernel_names.h"

static struct field_scope fields_of(const struct compile *compile)
{
    return (struct field_scope){.schema = compile->scope->schema,
                                .siblings = compile->scope->siblings,
                                .host = compile->scope->host,
                                .elements = FIELD_ELEMENTS_TEXT};
}

/* The NODE_NAME as a path. False: it has too many steps. */
static bool read_path(const struct compile *compile, const struct node *node,
                      struct field_path *ret)
{
    ret->text = compile->tree->source + node->start;
    ret->n_steps = 1;
    ret->steps[0] = (struct field_step){.kind = FIELD_STEP_NAME, .length = node->spelling.length};
    for (uint32_t at = node->first; at; at = compile->tree->nodes[at].next) {
        const struct node *child = compile_node(compile, at);

        if (ret->n_steps == FIELD_STEPS_MAX)
            return false;
        ret->steps[ret->n_steps++] = (struct field_step){
            .kind = child->kind == NODE_MEMBER ? FIELD_STEP_NAME : FIELD_STEP_INDEX,
            .at = child->column - node->start,
            .length = child->spelling.length,
            .index = child->magnitude,
        };
    }
    return true;
}

static int refuse_value(const struct operand_context *context, const struct text *name,
                        struct error *error)
{
    struct suggestion known;
    struct enum_name value;
    struct number_set set;
    uint32_t at = 0;

    number_set_of_field(context->names, &set);
    suggestion_init_part(&known, name->bytes, name->length);
    while (number_set_next(&set, &at, &value))
        suggestion_offer(&known, value.name);
    return error_set(error, -EINVAL, "%s%.*s has no value %.*s; %s",
                     context->names->kind == FIELD_ENUM ? "the enum " : "",
                     (int)context->words.length, context->words.bytes, (int)name->length,
                     name->bytes,
                     suggestion_or_list(&known, "its values are", FIELD_SUGGESTED_NAMES_MAX));
}

/* The meaning of which that is a name; MEANING_NONE: of none. */
static enum field_meaning meaning_of_name(const struct text *name)
{
    for (enum field_meaning meaning = 0; meaning < MEANING_COUNT; meaning++) {
        const struct number_set *set = number_set_of(meaning);
        struct enum_name value;

        if (set && number_set_find(set, name->bytes, name->length, &value))
            return meaning;
    }
    return MEANING_NONE;
}

static int refuse_first(const struct compile *compile, const struct node *node,
                        const struct operand_context *context, struct error *error)
{
    const struct text *name = &node->spelling;

    if (context->names)
        return refuse_value(context, name, error);
    if (context->is_text)
        return error_set(error, -EINVAL, "%s has no field %.*s; if it is a text, write \"%.*s\"",
                         compile->scope->schema->type_name, (int)name->length, name->bytes,
                         (int)name->length, name->bytes);
    if (context->is_number && meaning_of_name(name) != MEANING_NONE)
        return error_set(
            error, -EINVAL,
            "%s has no field %.*s; as a name it is only known next to a field with the "
            "meaning %s",
            compile->scope->schema->type_name, (int)name->length, name->bytes,
            meaning_name(meaning_of_name(name)));
    return 0;
}

static int refuse_path(const struct compile *compile, const struct node *node,
                       const struct field_path *path, const struct field_walk *walk,
                       const struct operand_context *context)
{
    const struct field_scope scope = fields_of(compile);
    struct node stuck = *node;
    struct error error;

    compile->error->reported = expr_defs_refused(compile->scope->defs, node);
    stuck.width = node->spelling.length;
    for (uint32_t i = 0; i < walk->taken; i++)
        stuck = *compile_node(compile, i == 0 ? node->first : stuck.next);
    if (walk->taken > 0 || refuse_first(compile, node, context, &error) == 0)
        field_path_refuse(path, &scope, walk, &error);
    return compile_refuse(compile, &stuck, "%s", error.text);
}

static void operand_of_walk(const struct node *node, const struct field_path *path,
                            const struct field_walk *walk, struct operand *ret)
{
    const struct field place = field_path_place(walk);

    operand_of_field(node, &place, ret);
    ret->field = walk->field;
    if (walk->in_texts) {
        ret->type = TYPE_TEXT;
        ret->place.index = (uint32_t)path->steps[path->n_steps - 1].index;
    }
}

static bool find_value(const struct node *node, const struct operand_context *context,
                       struct operand *ret)
{
    const struct text *name = &node->spelling;
    struct number_set set = {0};
    struct enum_name value;

    if (node->first || !(context->names || context->is_number))
        return false;
    if (context->names ? !number_set_of_field(context->names, &set) ||
                             !number_set_find(&set, name->bytes, name->length, &value)
                       : !number_names_find(name->bytes, name->length, &value))
        return false;
    *ret = operand_integer(node, (uint64_t)value.value,
                           context->names && context->names->kind == FIELD_ENUM &&
                               context->names->is_signed);
    ret->is_error = set.by_number && set.by_number == kernel_errors.by_number;
    return true;
}

int path_resolve(struct compile *compile, const struct node *node,
                 const struct operand_context *context, struct operand *ret)
{
    const struct field_scope scope = fields_of(compile);
    struct field_path path;
    struct field_walk walk;
    int r;

    if (!read_path(compile, node, &path))
        return compile_refuse(compile, node, "a path has at most %d names and indexes",
                              FIELD_STEPS_MAX);
    r = field_path_follow(&path, &scope, &walk);
    if (r != FIELD_FOUND && find_value(node, context, ret))
        return 0;
    if (r < 0)
        return refuse_path(compile, node, &path, &walk, context);
    operand_of_walk(node, &path, &walk, ret);
    if (r == FIELD_ABSENT) {
        ret->where = WHERE_CONSTANT;
        ret->is_null = true;
        return 0;
    }
    return conditional_settle(compile, ret);
}

bool path_field(const struct compile *compile, const struct node *node, const struct field **ret)
{
    const struct field_scope scope = fields_of(compile);
    struct field_path path;
    struct field_walk walk;

    if (!read_path(compile, node, &path) || field_path_follow(&path, &scope, &walk) < 0)
        return false;
    *ret = walk.field;
    return true;
}
