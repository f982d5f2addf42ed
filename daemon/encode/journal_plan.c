// SPDX-License-Identifier: Apache-2.0

/* Each leaf gets a JSON plan of its own, of a schema that has only this field; then the text around
 * the value is taken away from it. So a value looks the same as in JSON, whatever its kind and
 * meaning, and is written by the same code. */

#include "encode/journal_plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/value_name.h"

#define PREFIX "RINGMILL_"

enum { PATH_MAX_BYTES = 1024 }; /* of a field's name with those of the structs around it */

struct journal_plan_builder {
    struct journal_plan *plan;
    const struct schema *schema;
    const struct field *time; /* of the event; NULL: it has none */
    bool resolve_names;
    struct error *error;
};

/* The struct that a field is in, and its path. */
struct fields_around {
    const struct field *fields;
    uint32_t count;
    const char *path;
};

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_taken(const struct journal_plan *plan, const char *key)
{
    /* fields of the event itself; its time is the first value */
    static const char *const own[] = {PREFIX "SOURCE", PREFIX "TYPE", PREFIX "LOST", PREFIX "SINCE",
                                      PREFIX "UNTIL"};

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (strcmp(own[i], key) == 0)
            return true;
    for (uint32_t i = 0; i < plan->n_values; i++)
        if (strcmp(plan->values[i].key, key) == 0)
            return true;
    return false;
}

static void make_key(const struct journal_plan *plan, const char *path,
                     char key[JOURNAL_NAME_MAX + 1])
{
    char after[16];
    size_t length;

    snprintf(key, JOURNAL_NAME_MAX + 1, PREFIX "%s", path);
    for (char *at = key; *at; at++)
        *at = isascii(*at) && isalnum(*at) ? (char)toupper(*at) : '_';
    length = strlen(key);
    for (uint32_t number = 2; is_taken(plan, key); number++) {
        size_t more = (size_t)snprintf(after, sizeof(after), "_%u", number);

        strcpy(key + (length + more > JOURNAL_NAME_MAX ? JOURNAL_NAME_MAX - more : length), after);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static struct journal_value *add_value(struct journal_plan_builder *builder, const char *path)
{
    struct journal_plan *plan = builder->plan;
    char label[PATH_MAX_BYTES + 3];
    struct journal_value *value;

    if ((plan->n_values & (plan->n_values - 1)) == 0) { /* a power of two: it is full */
        uint32_t room = plan->n_values ? 2 * plan->n_values : 1;
        struct journal_value *more = realloc(plan->values, room * sizeof(*more));

        if (!more)
            return NULL;
        plan->values = more;
    }
    value = &plan->values[plan->n_values];
    memset(value, 0, sizeof(*value));
    make_key(plan, path, value->key);
    snprintf(label, sizeof(label), " %s=", path);
    if (prepared_text_set(&value->label, label, (uint32_t)strlen(label)) < 0)
        return NULL;
    plan->n_values++;
    return value;
}

/* The steps from that one on, with nothing around them: texts of no length, which have the room
 * that copying them takes. */
static void borrow(struct encode_plan *value, struct encode_plan *owned, uint32_t from,
                   uint32_t count)
{
    owned->steps[from].before.length = 0;
    *value = (struct encode_plan){
        .steps = owned->steps + from, .n_steps = count, .tail = {owned->tail.bytes, 0}};
}

/* Steps of the value that begins there. */
static uint32_t count_steps(const struct encode_plan *plan, uint32_t first)
{
    const struct encode_step *step = &plan->steps[first];

    return first < plan->n_steps && encode_step_has_steps(step) ? 1 + step->array.n_steps : 1;
}

/* A text is read where it lies, which asks whether the record has it. */
static bool is_guarded_text(const struct encode_plan *plan)
{
    return plan->steps[0].print == PRINT_GUARD && plan->steps[1].print == PRINT_TEXT;
}

/* The steps of a field's names follow its own, one for each name, or two in a group. */
static int add_names(struct journal_plan_builder *builder, const struct field *field,
                     const struct fields_around *around, struct encode_plan *owned)
{
    uint32_t at = count_steps(owned, 0), steps;
    struct value_name name;

    for (uint32_t i = 0; at < owned->n_steps && value_name_of(field, i, &name); i++) {
        _cleanup_(cleanup_free) char *key = value_name_key(&name, field->name);
        const struct field *column;
        char path[PATH_MAX_BYTES];
        struct journal_value *value;

        if (name.hidden || (name.form == VALUE_NAME_ID && !builder->resolve_names))
            continue;
        steps = count_steps(owned, at);
        column = key ? field_among(around->fields, around->count, key, strlen(key)) : NULL;
        at += steps;
        if (column && column->column)
            continue;
        snprintf(path, sizeof(path), "%s%s%s", around->path, around->path[0] ? "." : "",
                 key ? key : "");
        value = key ? add_value(builder, path) : NULL;
        if (!value)
            return -ENOMEM;
        borrow(&value->value, owned, at - steps, steps);
    }
    return 0;
}

static int add_leaf(struct journal_plan_builder *builder, const struct field *field,
                    const struct fields_around *around, const char *path)
{
    const struct encode_plan_options options = {
        .style = &encode_style_json, .source = "", .resolve_names = builder->resolve_names};
    const struct schema alone = {.type_name = builder->schema->type_name,
                                 .size = builder->schema->size,
                                 .n_fields = 1,
                                 .fields = (struct field *)field,
                                 .n_columns = builder->schema->n_columns};
    struct encode_plan owned;
    struct journal_value *value;
    uint32_t from, first;
    int r = encode_plan_init(&owned, &alone, &options, builder->error);

    value = r == 0 ? add_value(builder, path) : NULL;
    if (!value) {
        encode_plan_deinit(&owned);
        return r < 0 ? r : -ENOMEM;
    }
    value->owned = owned;
    builder->plan->has_names = builder->plan->has_names || owned.has_names;
    builder->plan->has_users = builder->plan->has_users || owned.has_users;
    builder->plan->has_cgroups = builder->plan->has_cgroups || owned.has_cgroups;
    first = count_steps(&owned, 0);
    from = is_guarded_text(&owned);
    borrow(&value->value, &value->owned, from,
           (first < owned.n_steps ? first : owned.n_steps) - from);
    return around ? add_names(builder, field, around, &owned) : 0;
}

static int add_fields(struct journal_plan_builder *builder, const struct field *fields,
                      uint32_t count, const char *around, int depth)
{
    const struct fields_around beside = {fields, count, around};
    int r = 0;

    if (depth == ENCODE_DEPTH_MAX)
        return error_set(builder->error, -EINVAL, "structs are nested more than %d levels deep",
                         ENCODE_DEPTH_MAX);
    for (uint32_t i = 0; i < count && r == 0; i++) {
        const struct field *field = &fields[i];
        char path[PATH_MAX_BYTES];

        if (field == builder->time)
            continue;
        snprintf(path, sizeof(path), "%s%s%s", around, around[0] ? "." : "", field->name);
        r = field->kind == FIELD_STRUCT || field->kind == FIELD_UNION
                ? add_fields(builder, field->members, field->n_members, path, depth + 1)
                : add_leaf(builder, field, &beside, path);
        if (r == 0 && builder->plan->n_values > JOURNAL_FIELDS_MAX)
            r = error_set(builder->error, -EINVAL, "a journal entry can have at most %d fields",
                          JOURNAL_FIELDS_MAX);
    }
    return r;
}

int journal_plan_init(struct journal_plan *plan, const struct schema *schema, bool resolve_names,
                      struct error *error)
{
    struct journal_plan_builder builder = {plan, schema, encode_plan_find_time(schema),
                                           resolve_names, error};
    int r = 0;

    *plan = (struct journal_plan){0};
    if (builder.time)
        r = add_leaf(&builder, builder.time, NULL, "time");
    if (plan->n_values > 0)
        plan->values[0].is_time = true;
    if (r == 0)
        r = add_fields(&builder, schema->fields, schema->n_fields, "", 0);
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}

void journal_plan_deinit(struct journal_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_values; i++) {
        prepared_text_deinit(&plan->values[i].label);
        encode_plan_deinit(&plan->values[i].owned);
    }
    free(plan->values);
    *plan = (struct journal_plan){0};
}
