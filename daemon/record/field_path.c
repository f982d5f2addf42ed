// SPDX-License-Identifier: Apache-2.0

/* A step that leads nowhere ends the walk; what is wrong with it follows from the field before it.
 * If no schema knows the first name, the message is about that name; if a sibling does, it is about
 * what follows the name there. */

#include "record/field_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/handler.h"
#include "record/value_name.h"

/* ---- reading --------------------------------------------------------------------------------- */

static int read_index(struct field_path *path, const char **at, const char *end,
                      struct error *error)
{
    struct field_step *step = &path->steps[path->n_steps];
    const char *digit = *at + 1;

    *step = (struct field_step){.kind = FIELD_STEP_ALL, .at = (uint32_t)(digit - path->text)};
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) {
        step->kind = FIELD_STEP_INDEX;
        step->index = step->index * 10 + (uint64_t)(*digit - '0');
        if (digit - path->text - step->at == FIELD_INDEX_DIGITS_MAX)
            break;
    }
    if (digit == end || *digit != ']')
        return error_set(error, -EINVAL, "expected an index of up to %d digits and ], as in [0]",
                         FIELD_INDEX_DIGITS_MAX);
    *at = digit + 1;
    path->n_steps++;
    return 0;
}

static int read_name(struct field_path *path, const char **at, const char *end, struct error *error)
{
    struct field_step *step = &path->steps[path->n_steps];
    const char *name = *at;

    while (*at < end && !strchr(".[]", **at))
        ++*at;
    *step = (struct field_step){.kind = FIELD_STEP_NAME,
                                .at = (uint32_t)(name - path->text),
                                .length = (uint32_t)(*at - name)};
    if (step->length == 0)
        return error_set(error, -EINVAL, "\"%.*s\" is not a field path; write a.b or a[2].c",
                         (int)(end - path->text), path->text);
    path->n_steps++;
    return 0;
}

int field_path_parse(const char *text, size_t length, struct error *error, struct field_path *ret)
{
    const char *at = text, *end = text + length;
    int r;

    ret->text = text;
    ret->n_steps = 0;
    r = read_name(ret, &at, end, error);
    while (r == 0 && at < end) {
        ret->steps[ret->n_steps].at = (uint32_t)(at - text);
        if (ret->n_steps == FIELD_STEPS_MAX)
            return error_set(error, -EINVAL, "a path has at most %d names and indexes",
                             FIELD_STEPS_MAX);
        if (*at == '[') {
            r = read_index(ret, &at, end, error);
        } else if (*at == '.') {
            at++;
            r = read_name(ret, &at, end, error);
        } else {
            r = error_set(error, -EINVAL, "expected . or [ after \"%.*s\"", (int)(at - text), text);
        }
    }
    return r;
}

/* ---- following ------------------------------------------------------------------------------- */

static bool is_structure(const struct field *field)
{
    return field->kind == FIELD_STRUCT || field->kind == FIELD_UNION;
}

static bool take_index(const struct field_step *step, const struct field_scope *scope,
                       struct field_walk *walk)
{
    const struct field *array = walk->field;
    uint64_t moved;

    if (array->kind == FIELD_TEXTS && scope->elements == FIELD_ELEMENTS_TEXT) {
        walk->in_texts = true;
        return true;
    }
    if (array->kind != FIELD_ARRAY || (array->count && step->index >= array->count))
        return false;
    moved = walk->moved + step->index * array->stride;
    if (array->members->offset + moved + array->members->size > UINT32_MAX)
        return false;
    walk->moved = moved;
    walk->field = array->members;
    if (array->by) {
        walk->counted = array;
        walk->nth = (uint32_t)step->index + 1;
    }
    return true;
}

static bool takes(const struct field_scope *scope, enum field_step_kind kind)
{
    switch (scope->elements) {
    case FIELD_ELEMENTS_NONE:
        return kind == FIELD_STEP_NAME;
    case FIELD_ELEMENTS_ALL:
        return kind != FIELD_STEP_INDEX;
    default:
        return kind != FIELD_STEP_ALL;
    }
}

bool field_path_step(const struct field_path *path, const struct field_scope *scope,
                     struct field_walk *walk)
{
    const struct field_step *step = &path->steps[walk->taken];
    const char *name = path->text + step->at;
    const struct field *next = NULL;

    if (walk->in_texts || !takes(scope, step->kind))
        return false;
    if (step->kind != FIELD_STEP_NAME) {
        if (!take_index(step, scope, walk))
            return false;
    } else {
        if (walk->taken == 0)
            next = field_among(scope->schema->fields, scope->schema->n_fields, name, step->length);
        else if (is_structure(walk->field))
            next = field_among(walk->field->members, walk->field->n_members, name, step->length);
        if (!next)
            return false;
        walk->field = next;
    }
    walk->taken++;
    return true;
}

static bool follow(const struct field_path *path, const struct field_scope *scope,
                   struct field_walk *ret)
{
    *ret = (struct field_walk){0};
    while (ret->taken < path->n_steps)
        if (!field_path_step(path, scope, ret))
            return false;
    return true;
}

int field_path_follow(const struct field_path *path, const struct field_scope *scope,
                      struct field_walk *ret)
{
    struct field_scope other = *scope;
    struct field_walk walk;

    if (follow(path, scope, ret))
        return FIELD_FOUND;
    for (uint32_t i = 0; scope->siblings && scope->siblings[i]; i++) {
        other.schema = scope->siblings[i];
        if (follow(path, &other, &walk)) {
            *ret = walk;
            return FIELD_ABSENT;
        }
        if (ret->taken == 0)
            *ret = walk;
    }
    return -ENOENT;
}

struct field field_path_place(const struct field_walk *walk)
{
    struct field field = *walk->field;

    field.offset += (uint32_t)walk->moved;
    if (walk->counted) {
        field.by = walk->counted->by;
        field.by_each = walk->counted->by_each;
        field.nth = walk->nth;
    }
    return field;
}

/* ---- refusing -------------------------------------------------------------------------------- */

/* The length of the path's text up to the step, without what separates them. */
static int length_before(const struct field_path *path, uint32_t step)
{
    uint32_t length = path->steps[step].at;

    while (length > 0 && strchr(" \t\r\n.[", path->text[length - 1]))
        length--;
    return (int)length;
}

int field_path_refuse_name(const struct field_path *path, uint32_t step, const char *parent,
                           struct suggestion *known, struct error *error)
{
    const struct field_step *name = &path->steps[step];

    return error_set(error, -ENOENT, "%.*s has no field %.*s; %s",
                     step == 0 ? (int)strlen(parent) : length_before(path, step),
                     step == 0 ? parent : path->text, (int)name->length, path->text + name->at,
                     suggestion_or_list(known, "its fields are", FIELD_SUGGESTED_NAMES_MAX));
}

/* The name of another source of the pipeline that has the field; NULL: there is none. */
static const char *find_elsewhere(const struct field_scope *scope, const struct suggestion *name)
{
    const struct handler_host *host = scope->host;

    return host && host->elsewhere ? host->elsewhere(host, name->name) : NULL;
}

/* The fields of a type, and their names, which a step has as fields when it mentions them. */
static void offer_fields(struct suggestion *known, const struct field_scope *scope)
{
    const struct schema *schema = scope->schema;

    for (uint32_t i = 0; i < schema->n_fields; i++)
        suggestion_offer(known, schema->fields[i].name);
    for (uint32_t i = 0; scope->host && i < schema->n_fields; i++) {
        struct value_name name;

        for (uint32_t nth = 0; value_name_of(&schema->fields[i], nth, &name); nth++) {
            _cleanup_(cleanup_free) char *key = value_name_key(&name, schema->fields[i].name);

            if (key)
                suggestion_offer(known, key);
        }
    }
}

/* No type has a top-level field of that name. */
static int refuse_first(const struct field_path *path, const struct field_scope *scope,
                        struct error *error)
{
    const struct schema *const *siblings = scope->siblings;
    const char *name = path->text + path->steps->at;
    int length = (int)path->steps->length;
    struct suggestion known;
    const char *elsewhere;

    suggestion_init_part(&known, name, path->steps->length);
    elsewhere = find_elsewhere(scope, &known);
    if (elsewhere)
        return error_set(error, -ENOENT, "source \"%s\" has no field %.*s (source \"%s\" has)",
                         scope->host->source_name, length, name, elsewhere);
    offer_fields(&known, scope);
    if (!siblings)
        return field_path_refuse_name(path, 0, scope->schema->type_name, &known, error);
    for (uint32_t k = 0; siblings[k]; k++)
        for (uint32_t i = 0; i < siblings[k]->n_fields; i++) {
            const char *other = siblings[k]->fields[i].name;

            if (!schema_find(scope->schema, other) && !schema_among(siblings, k, other))
                suggestion_offer(&known, other);
        }
    return error_set(error, -ENOENT, "no record type has a field %.*s; %s", length, name,
                     suggestion_or_list(&known, "the fields are", FIELD_SUGGESTED_NAMES_MAX));
}

/* The step leads into an array in a way that such paths do not have. */
static int refuse_way(const struct field_path *path, const struct field_scope *scope,
                      const struct field_walk *walk, struct error *error)
{
    static const char *const ways[] = {
        [FIELD_ELEMENTS_NONE] = " for the whole array",
        [FIELD_ELEMENTS_ALL] = "[] for its elements",
        [FIELD_ELEMENTS_ONE] = "[0] for its first element",
        [FIELD_ELEMENTS_TEXT] = "[0] for its first element",
    };
    int length = length_before(path, walk->taken);

    return error_set(error, -ENOENT, "%.*s is an array; write %.*s%s", length, path->text, length,
                     path->text, ways[scope->elements]);
}

static int refuse_member(const struct field_path *path, const struct field_scope *scope,
                         const struct field_walk *walk, struct error *error)
{
    const struct field_step *step = &path->steps[walk->taken];
    const struct field *parent = walk->field;
    struct suggestion known;

    if (parent->kind == FIELD_ARRAY)
        return refuse_way(path, scope, walk, error);
    if (!is_structure(parent))
        return error_set(error, -ENOENT, "%.*s is not a struct; it has no field %.*s",
                         length_before(path, walk->taken), path->text, (int)step->length,
                         path->text + step->at);
    suggestion_init_part(&known, path->text + step->at, step->length);
    for (uint32_t i = 0; i < parent->n_members; i++)
        suggestion_offer(&known, parent->members[i].name);
    return field_path_refuse_name(path, walk->taken, NULL, &known, error);
}

static int refuse_index(const struct field_path *path, const struct field_scope *scope,
                        const struct field_walk *walk, struct error *error)
{
    const struct field *array = walk->field;
    int length = length_before(path, walk->taken);

    if (array->kind == FIELD_TEXTS && !walk->in_texts)
        return error_set(error, -ENOENT, "%.*s is a list of texts; write %.*s for the whole list",
                         length, path->text, length, path->text);
    if (array->kind != FIELD_ARRAY)
        return error_set(error, -ENOENT, "%.*s is not an array", length, path->text);
    if (!takes(scope, path->steps[walk->taken].kind))
        return refuse_way(path, scope, walk, error);
    if (array->count)
        return error_set(error, -ENOENT, "%.*s has %u elements; the last index is %u", length,
                         path->text, array->count, array->count - 1);
    return error_set(error, -ENOENT, "the index is too large; no record is that long");
}

int field_path_refuse(const struct field_path *path, const struct field_scope *scope,
                      const struct field_walk *walk, struct error *error)
{
    if (walk->taken == 0)
        return refuse_first(path, scope, error);
    if (path->steps[walk->taken].kind != FIELD_STEP_NAME)
        return refuse_index(path, scope, walk, error);
    return refuse_member(path, scope, walk, error);
}

int field_path_find(const char *text, const struct field_scope *scope, struct error *error,
                    struct field_walk *ret)
{
    struct field_path path;
    int r = field_path_parse(text, strlen(text), error, &path);

    if (r == 0)
        r = field_path_follow(&path, scope, ret);
    return r == -ENOENT ? field_path_refuse(&path, scope, ret, error) : r;
}
