// SPDX-License-Identifier: Apache-2.0

/* A path means a field first, and a whole path with its indexes is one field with another offset.
 * Only where no field has its name may a word be an enum value, and then of the enum that is
 * beside it: so the same word may be a value of two enums, and a word that is neither gets the
 * suggestion that fits its place. A field that only a sibling has is null of that field's type. */

#include "expr/path.h"

#include <stdio.h>
#include <string.h>

#include "base/suggestion.h"
#include "expr/defs.h"
#include "record/handler.h"

enum { LISTED_MAX = 8 }; /* names that an error lists where none is near */

static bool text_is(const struct text *text, const char *name)
{
    return strlen(name) == text->length && memcmp(name, text->bytes, text->length) == 0;
}

static const struct field *find_among(const struct field *fields, uint32_t n,
                                      const struct text *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (text_is(name, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

/* A path as far as it could be followed. */
struct path_steps {
    const struct field *field; /* where it is by now; NULL: nowhere */
    uint64_t moved;            /* bytes from the field's own offset, by indexes */
    uint32_t index;            /* into a FIELD_TEXTS */
    bool indexed;              /* so it was one of its texts */
    const struct node *stuck;  /* the first step that leads nowhere; NULL: all was followed */
};

static bool is_structure(const struct field *field)
{
    return field->kind == FIELD_STRUCT || field->kind == FIELD_UNION;
}

static const struct field *take_step(struct path_steps *walk, const struct node *node)
{
    const struct field *field = walk->field;

    if (walk->indexed)
        return NULL;
    if (node->kind == NODE_MEMBER)
        return is_structure(field) ? find_among(field->members, field->n_members, &node->spelling)
                                   : NULL;
    if (field->kind == FIELD_TEXTS) {
        walk->indexed = true;
        walk->index = (uint32_t)node->magnitude;
        return field;
    }
    if (field->kind != FIELD_ARRAY || (field->count && node->magnitude >= field->count))
        return NULL;
    walk->moved += node->magnitude * field->stride;
    return field->members[0].offset + walk->moved + field->members[0].size <= UINT32_MAX
               ? field->members
               : NULL;
}

static void follow(const struct compile *compile, const struct schema *schema,
                   const struct node *node, struct path_steps *ret)
{
    struct path_steps walk = {.field =
                                  find_among(schema->fields, schema->n_fields, &node->spelling)};

    if (!walk.field)
        walk.stuck = node;
    for (uint32_t at = node->first; at && !walk.stuck; at = compile->tree->nodes[at].next) {
        const struct node *step = compile_node(compile, at);
        const struct field *next = take_step(&walk, step);

        if (next)
            walk.field = next;
        else
            walk.stuck = step;
    }
    *ret = walk;
}

/* "PARENT has no THING NAME; did you mean X?" or "; its THINGs are A, B, C" */
static int refuse_name(const struct compile *compile, const struct node *node, const char *parent,
                       const char *thing, struct suggestion *suggestion)
{
    char words[32];

    snprintf(words, sizeof(words), "its %ss are", thing);
    return compile_refuse(compile, node, "%s has no %s %.*s; %s", parent, thing,
                          (int)node->spelling.length, node->spelling.bytes,
                          suggestion_or_list(suggestion, words, LISTED_MAX));
}

/* The fields of all types that the records can have; each name once. */
static void offer_fields(struct suggestion *suggestion, const struct expr_scope *scope)
{
    const struct schema *const *siblings = scope->siblings;

    for (uint32_t i = 0; i < scope->schema->n_fields; i++)
        suggestion_offer(suggestion, scope->schema->fields[i].name);
    for (uint32_t k = 0; siblings && siblings[k]; k++)
        for (uint32_t i = 0; i < siblings[k]->n_fields; i++) {
            const char *name = siblings[k]->fields[i].name;

            if (!schema_find(scope->schema, name) && !schema_among(siblings, k, name))
                suggestion_offer(suggestion, name);
        }
}

/* The field whose name the output adds under this name, as uid_name for uid; NULL: none. */
static const struct field *find_resolved(const struct schema *schema, const struct text *name)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        size_t length = strlen(field->name);
        const char *ending = "_name";

        if (field->meaning == MEANING_CGROUP_ID) {
            ending = "_path";
            length -= length > 3 && strcmp(field->name + length - 3, "_id") == 0 ? 3 : 0;
        } else if (field->meaning != MEANING_UID && field->meaning != MEANING_GID) {
            continue;
        }
        if (name->length == length + strlen(ending) &&
            memcmp(name->bytes, field->name, length) == 0 &&
            memcmp(name->bytes + length, ending, strlen(ending)) == 0)
            return field;
    }
    return NULL;
}

/* The name of another source of the pipeline that has the field; NULL: there is none. */
static const char *find_elsewhere(const struct expr_scope *scope, const struct text *name)
{
    const struct handler_host *host = scope->host;
    char field[SUGGESTION_NAME_MAX + 1] = {0};

    if (!host || !host->elsewhere || name->length > SUGGESTION_NAME_MAX)
        return NULL;
    memcpy(field, name->bytes, name->length);
    return host->elsewhere(host, field);
}

static int refuse_everywhere(const struct compile *compile, const struct node *node)
{
    const struct text *name = &node->spelling;
    const struct field *resolved = find_resolved(compile->scope->schema, name);
    const char *elsewhere;
    struct suggestion suggestion;

    if (resolved)
        return compile_refuse(compile, node, "%.*s exists only in the output; compare %s",
                              (int)name->length, name->bytes, resolved->name);
    elsewhere = find_elsewhere(compile->scope, name);
    if (elsewhere)
        return compile_refuse(compile, node, "source \"%s\" has no field %.*s (source \"%s\" has)",
                              compile->scope->host->source_name, (int)name->length, name->bytes,
                              elsewhere);
    suggestion_init_part(&suggestion, name->bytes, name->length);
    offer_fields(&suggestion, compile->scope);
    if (!compile->scope->siblings)
        return refuse_name(compile, node, compile->scope->schema->type_name, "field", &suggestion);
    return compile_refuse(compile, node, "no record type has a field %.*s; %s", (int)name->length,
                          name->bytes,
                          suggestion_or_list(&suggestion, "the fields are", LISTED_MAX));
}

static int refuse_field(const struct compile *compile, const struct node *path,
                        const struct beside *beside)
{
    struct node head = *path, *node = &head;
    char parent[96];
    struct suggestion suggestion;

    node->width = node->spelling.length;
    if (beside->is_text && !beside->names)
        return compile_refuse(compile, node,
                              "%s has no field %.*s; if it is a text, write \"%.*s\"",
                              compile->scope->schema->type_name, (int)node->width,
                              node->spelling.bytes, (int)node->width, node->spelling.bytes);
    if (!beside->names)
        return refuse_everywhere(compile, node);
    suggestion_init_part(&suggestion, node->spelling.bytes, node->spelling.length);
    for (uint32_t i = 0; i < beside->names->n_names; i++)
        suggestion_offer(&suggestion, beside->names->names[i].name);
    snprintf(parent, sizeof(parent), "the enum %.*s",
             (int)(beside->words.length < 64 ? beside->words.length : 64), beside->words.bytes);
    return refuse_name(compile, node, parent, "value", &suggestion);
}

static int refuse_member(const struct compile *compile, const struct node *node,
                         const struct field *field, const char *words, int length)
{
    char parent[96];
    struct suggestion suggestion;

    if (!is_structure(field))
        return compile_refuse(compile, node, "%.*s has no members", length, words);
    suggestion_init_part(&suggestion, node->spelling.bytes, node->spelling.length);
    for (uint32_t i = 0; i < field->n_members; i++)
        suggestion_offer(&suggestion, field->members[i].name);
    snprintf(parent, sizeof(parent), "%.*s", length, words);
    return refuse_name(compile, node, parent, "member", &suggestion);
}

static int refuse_path(const struct compile *compile, const struct node *node,
                       const struct path_steps *walk, const struct beside *beside)
{
    const struct node *stuck = walk->stuck;
    const char *words = compile->tree->source + node->start;
    int length = (int)(stuck->column - 1 - node->start); /* up to its dot or bracket */

    compile->error->told = expr_defs_refused(compile->scope->defs, node);
    if (stuck == node)
        return refuse_field(compile, node, beside);
    while (length > 0 && strchr(" \t\r\n.[", words[length - 1]))
        length--;
    if (stuck->kind == NODE_MEMBER)
        return refuse_member(compile, stuck, walk->field, words, length);
    if (walk->indexed || walk->field->kind != FIELD_ARRAY)
        return compile_refuse(compile, stuck, "%.*s is not a list; it cannot have an index", length,
                              words);
    if (walk->field->count)
        return compile_refuse(compile, stuck, "%.*s has %u elements; the last index is %u", length,
                              words, walk->field->count, walk->field->count - 1);
    return compile_refuse(compile, stuck, "the index is too large; no record is that long");
}

static void operand_of_walk(const struct node *node, const struct path_steps *walk,
                            struct operand *ret)
{
    operand_of_field(node, walk->field, ret);
    ret->place.field.offset += (uint32_t)walk->moved;
    if (walk->indexed) {
        ret->type = TYPE_TEXT;
        ret->place.index = walk->index;
    }
}

static bool find_sibling(struct compile *compile, const struct node *node, struct operand *ret)
{
    const struct schema *const *sibling = compile->scope->siblings;
    struct path_steps walk;

    for (; sibling && *sibling; sibling++) {
        follow(compile, *sibling, node, &walk);
        if (walk.stuck)
            continue;
        operand_of_walk(node, &walk, ret);
        ret->where = WHERE_CONSTANT;
        ret->is_null = true;
        return true;
    }
    return false;
}

static bool find_value(const struct node *node, const struct field *names, struct operand *ret)
{
    for (uint32_t i = 0; names && !node->first && i < names->n_names; i++) {
        if (!text_is(&node->spelling, names->names[i].name))
            continue;
        *ret = operand_integer(node, (uint64_t)names->names[i].value, names->is_signed);
        return true;
    }
    return false;
}

/* Of a name that only a sibling has, what is wrong is what follows it. */
static void follow_siblings(const struct compile *compile, const struct node *node,
                            struct path_steps *walk)
{
    const struct schema *const *sibling = compile->scope->siblings;

    for (; walk->stuck == node && sibling && *sibling; sibling++)
        follow(compile, *sibling, node, walk);
}

int path_resolve(struct compile *compile, const struct node *node, const struct beside *beside,
                 struct operand *ret)
{
    struct path_steps walk;

    follow(compile, compile->scope->schema, node, &walk);
    if (!walk.stuck) {
        operand_of_walk(node, &walk, ret);
        return 0;
    }
    if (walk.stuck == node && find_value(node, beside->names, ret))
        return 0;
    if (find_sibling(compile, node, ret))
        return 0;
    follow_siblings(compile, node, &walk);
    return refuse_path(compile, node, &walk, beside);
}

bool path_field(const struct compile *compile, const struct node *node, const struct field **ret)
{
    const struct schema *const *sibling = compile->scope->siblings;
    struct path_steps walk;

    follow(compile, compile->scope->schema, node, &walk);
    for (; walk.stuck && sibling && *sibling; sibling++)
        follow(compile, *sibling, node, &walk);
    *ret = walk.field;
    return !walk.stuck;
}
