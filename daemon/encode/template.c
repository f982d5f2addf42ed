// SPDX-License-Identifier: Apache-2.0

/* Each {path} is resolved to one field, with the offset of the element that it leads to: then it
 * is a step like any other, and a template costs no more than a fixed format. */

#include "encode/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "encode/plan_builder.h"
#include "record/field_path.h"

/* Where a path leads. */
struct template_field {
    struct field_walk walk;
    enum field_meaning meaning; /* the field's own, or its array's */
    bool is_element;            /* of an array, so that it has no name beside it */
    bool is_name;               /* a name of the field's value */
    struct value_name name;
};

static const struct field_scope element_scope = {.elements = FIELD_ELEMENTS_ONE};

struct template_parser {
    struct plan_builder builder;
    const char *text;
    const char *at;
    const struct schema *schema;
    const struct schema *const *siblings;
    size_t *ret_offset;
};

static const char *const own_names[] = {"time", "source", "type", "_id"};

enum { OWN_NAMES = sizeof(own_names) / sizeof(*own_names) };

#define REFUSE(reader, at, ...)                               \
    (*(reader)->ret_offset = (size_t)((at) - (reader)->text), \
     error_set((reader)->builder.error, -EINVAL, __VA_ARGS__))

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_word(const char *name, const char *word, size_t length)
{
    return strlen(name) == length && memcmp(name, word, length) == 0;
}

/* The event says this of itself, so that no field has the name. */
static bool is_own(const struct template_parser *reader, const char *name)
{
    if (strcmp(name, "time") == 0)
        return reader->builder.time != NULL;
    if (strcmp(name, "type") == 0)
        return reader->builder.options->type != NULL;
    return true;
}

/* The keys of members in order, as the other formats have them; of a schema's own fields after
 * what the event says of itself. 0 or -ENOMEM. */
static int list_keys(const struct template_parser *reader, const struct field *members,
                     uint32_t count, bool top, struct unique_keys *keys, uint32_t *ret_first)
{
    for (uint32_t i = 0; top && i < OWN_NAMES; i++)
        if (is_own(reader, own_names[i]) && !unique_keys_add(keys, own_names[i]))
            return -ENOMEM;
    if (top && !unique_keys_add(keys, "_lost"))
        return -ENOMEM;
    *ret_first = keys->count;
    for (uint32_t i = 0; i < count; i++)
        if (!unique_keys_add(keys, members[i].name))
            return -ENOMEM;
    return 0;
}

/* Whether the field's values have a name of that key; errors look like they have none. */
static bool has_name(const struct template_parser *reader, const struct field *field,
                     const char *word, size_t length, struct value_name *ret)
{
    for (uint32_t i = 0; value_name_of(field, i, ret); i++) {
        _cleanup_(cleanup_free) char *key = value_name_key(ret, field->name);

        if (key && is_word(key, word, length) && plan_builder_shows(&reader->builder, ret))
            return true;
    }
    return false;
}

/* The member whose value has a name of that key. NULL: none. */
static const struct field *find_named(const struct template_parser *reader,
                                      const struct field *members, uint32_t count, const char *word,
                                      size_t length, struct value_name *ret)
{
    for (uint32_t i = 0; i < count; i++)
        if (has_name(reader, &members[i], word, length, ret))
            return &members[i];
    return NULL;
}

/* 1: found; 0: there is no such member; -ENOMEM. */
static int find_member(const struct template_parser *reader, const struct field *members,
                       uint32_t count, bool top, const char *word, size_t length,
                       struct template_field *place)
{
    struct unique_keys keys = {0};
    uint32_t first = 0;
    int r = list_keys(reader, members, count, top, &keys, &first);

    for (uint32_t i = 0; r == 0 && i < count; i++)
        if (is_word(keys.names[first + i], word, length)) {
            place->walk.field = &members[i];
            r = 1;
        }
    unique_keys_deinit(&keys);
    if (r != 0)
        return r;
    place->walk.field = find_named(reader, members, count, word, length, &place->name);
    place->is_name = place->walk.field != NULL;
    return place->is_name;
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* Refuses the step of the path that cannot be taken. */
static int refuse_step(struct template_parser *reader, const struct field_path *path,
                       const struct template_field *place)
{
    *reader->ret_offset = (size_t)(path->text - reader->text) + path->steps[place->walk.taken].at;
    field_path_refuse(path, &element_scope, &place->walk, reader->builder.error);
    return -EINVAL;
}

static int refuse_key(struct template_parser *reader, const struct field_path *path, uint32_t step,
                      const struct field *members, uint32_t count)
{
    const char *word = path->text + path->steps[step].at;
    struct unique_keys keys = {0};
    struct suggestion known;
    uint32_t first;
    int r = list_keys(reader, members, count, step == 0, &keys, &first);

    if (r == 0) {
        suggestion_init_part(&known, word, path->steps[step].length);
        for (uint32_t i = 0; i < keys.count; i++)
            if (strcmp(keys.names[i], "_lost") != 0)
                suggestion_offer(&known, keys.names[i]);
        *reader->ret_offset = (size_t)(word - reader->text);
        field_path_refuse_name(path, step, reader->schema->type_name, &known,
                               reader->builder.error);
        r = -EINVAL;
    }
    unique_keys_deinit(&keys);
    return r;
}

static int take_index(struct template_parser *reader, const struct field_path *path,
                      struct template_field *place)
{
    const struct field *array = place->walk.field;

    if (array->kind == FIELD_ARRAY && value_print_of(array, place->meaning) != PRINT_ARRAY)
        return REFUSE(reader, path->text, "%s is a single value; use the whole array", array->name);
    if (!field_path_step(path, &element_scope, &place->walk))
        return refuse_step(reader, path, place);
    if (place->walk.field->meaning)
        place->meaning = place->walk.field->meaning;
    place->is_element = true;
    return 0;
}

static int take_member(struct template_parser *reader, const struct field_path *path,
                       struct template_field *place)
{
    const struct field_step *step = &path->steps[place->walk.taken];
    const struct field *parent = place->walk.field;
    int r;

    if (parent->kind != FIELD_STRUCT && parent->kind != FIELD_UNION)
        return refuse_step(reader, path, place);
    r = find_member(reader, parent->members, parent->n_members, false, path->text + step->at,
                    step->length, place);
    if (r == 0)
        return refuse_key(reader, path, place->walk.taken, parent->members, parent->n_members);
    if (r > 0) {
        place->meaning = place->walk.field->meaning;
        place->is_element = false;
        place->walk.taken++;
    }
    return r < 0 ? r : 0;
}

static bool siblings_know(const struct template_parser *reader, const char *word, size_t length)
{
    struct template_field place;

    for (const struct schema *const *at = reader->siblings; at && *at; at++)
        if (find_member(reader, (*at)->fields, (*at)->n_fields, true, word, length, &place) > 0)
            return true;
    return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A field at another place is another field. */
static const struct field *move_field(struct encode_plan *plan, const struct template_field *place)
{
    struct field *copy = &plan->fields[plan->n_fields++];

    *copy = field_path_place(&place->walk);
    return copy;
}

static int add_place(struct template_parser *reader, const struct template_field *place,
                     const char *path)
{
    const struct field *field = place->walk.field;

    if (place->walk.moved > 0 || place->walk.counted || place->meaning != field->meaning) {
        if (place->walk.moved > 0 && value_print_of(field, place->meaning) == PRINT_ARRAY)
            return REFUSE(
                reader, path,
                "this element is not a single value; use a member of it, or the whole array");
        field = move_field(reader->builder.plan, place);
    }
    if (place->is_name)
        return plan_builder_add_name(&reader->builder, field, &place->name);
    return place->is_element ? plan_builder_add_value(&reader->builder, field, place->meaning)
                             : plan_builder_add_named(&reader->builder, field);
}

static int add_own(struct plan_builder *builder, const char *name)
{
    int r;

    if (strcmp(name, "time") == 0)
        return plan_builder_add_value(builder, builder->time, MEANING_KTIME);
    if (strcmp(name, "source") == 0)
        return plan_builder_append_value(builder, builder->options->source);
    if (strcmp(name, "type") == 0)
        return plan_builder_append_value(builder, builder->options->type);
    r = plan_builder_append(builder, builder->options->id, strlen(builder->options->id));
    return r < 0 ? r : plan_builder_add_special(builder, PRINT_POSITION);
}

/* {path}, at its brace. */
static int take_path(struct template_parser *reader)
{
    const struct schema *schema = reader->schema;
    const char *brace = reader->at, *word = brace + 1;
    size_t length = strcspn(word, "{}");
    struct template_field place = {0};
    struct field_path path;
    const char *own = NULL;
    int r;

    if (word[length] != '}' || length == 0)
        return REFUSE(reader, brace, "expected a field name and }; write {{ for a plain {");
    r = field_path_parse(word, length, reader->builder.error, &path);
    *reader->ret_offset = (size_t)(word - reader->text) + path.steps[path.n_steps].at;
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < OWN_NAMES; i++)
        if (is_word(own_names[i], word, length))
            own = own_names[i];
    reader->at = word + length + 1;
    if (own && is_own(reader, own))
        return add_own(&reader->builder, own);
    length = path.steps[0].length;
    r = find_member(reader, schema->fields, schema->n_fields, true, word, length, &place);
    if (r == 0 && (own || siblings_know(reader, word, length)))
        return plan_builder_add_special(&reader->builder, PRINT_NULL);
    if (r == 0)
        return refuse_key(reader, &path, 0, schema->fields, schema->n_fields);
    if (r < 0)
        return r;
    place.walk.taken = 1;
    place.meaning = place.walk.field->meaning;
    for (r = 0; r == 0 && place.walk.taken < path.n_steps;)
        r = path.steps[place.walk.taken].kind == FIELD_STEP_NAME
                ? take_member(reader, &path, &place)
                : take_index(reader, &path, &place);
    return r < 0 ? r : add_place(reader, &place, word);
}

/* ---- the text -------------------------------------------------------------------------------- */

static int take_text(struct template_parser *reader)
{
    int r = 0;

    while (r == 0 && *reader->at) {
        size_t length = strcspn(reader->at, "{}\n");

        r = plan_builder_append(&reader->builder, reader->at, length);
        reader->at += length;
        if (r < 0 || !*reader->at)
            continue;
        if (*reader->at == '\n')
            return REFUSE(reader, reader->at, "a template must be one line");
        if (reader->at[1] == *reader->at) {
            r = plan_builder_append(&reader->builder, reader->at, 1);
            reader->at += 2;
        } else if (*reader->at == '}') {
            return REFUSE(reader, reader->at, "write }} for a plain }");
        } else if (reader->builder.plan->n_steps >= TEMPLATE_FIELDS_MAX) {
            return REFUSE(reader, reader->at, "more than %d fields in the template",
                          TEMPLATE_FIELDS_MAX);
        } else {
            r = take_path(reader);
        }
    }
    return r < 0 ? r : plan_builder_append(&reader->builder, "\n", 1);
}

int template_init(struct encode_plan *plan, const char *text, const struct schema *schema,
                  const struct encode_plan_options *options, const struct schema *const *siblings,
                  struct error *error, size_t *ret_offset)
{
    struct template_parser reader = {.builder = {.plan = plan,
                                                 .options = options,
                                                 .style = options->style,
                                                 .time = encode_plan_find_time(schema),
                                                 .has_columns = schema->n_columns > 0,
                                                 .error = error},
                                     .text = text,
                                     .at = text,
                                     .schema = schema,
                                     .siblings = siblings,
                                     .ret_offset = ret_offset};
    int r;

    *plan = (struct encode_plan){0};
    *ret_offset = 0;
    plan->fields = calloc(TEMPLATE_FIELDS_MAX + 1, sizeof(*plan->fields));
    r = plan->fields ? take_text(&reader) : -ENOMEM;
    if (r == 0)
        r = plan_builder_end(&reader.builder);
    free(reader.builder.pending);
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}
