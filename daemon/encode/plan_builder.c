// SPDX-License-Identifier: Apache-2.0

/* The tree is walked once. A struct is nothing but text around its members' steps, or not even
 * that where it is laid flat. Arrays are one value in all formats, because how many elements there
 * are may differ from record to record and keys and columns must not: inside an array everything is
 * JSON, whatever the format around it. */

#include "encode/plan_builder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/field.h"

/* ---- text ------------------------------------------------------------------------------------ */

int plan_builder_append(struct plan_builder *builder, const char *bytes, size_t length)
{
    char *longer = realloc(builder->pending, (size_t)builder->n_pending + length + 1);

    if (!longer)
        return -ENOMEM;
    memcpy(longer + builder->n_pending, bytes, length);
    builder->pending = longer;
    builder->n_pending += (uint32_t)length;
    return 0;
}

static int append_literal(struct plan_builder *builder, const char *words)
{
    return plan_builder_append(builder, words, strlen(words));
}

static int append_piece(struct plan_builder *builder, struct prepared_text *piece)
{
    int r = plan_builder_append(builder, piece->bytes, piece->length);

    prepared_text_deinit(piece);
    return r;
}

int plan_builder_append_value(struct plan_builder *builder, const char *text)
{
    struct prepared_text piece;
    int r = quote_prepare(builder->style->quoting, text, &piece);

    return r < 0 ? r : append_piece(builder, &piece);
}

/* A column has its name in the header. */
static int append_column(struct plan_builder *builder, const char *key, bool first)
{
    struct encode_plan *plan = builder->plan;
    struct prepared_text name;
    char *longer;
    int r = quote_prepare(QUOTING_CSV, key, &name);

    if (r < 0)
        return r;
    r = asprintf(&longer, "%s%s%.*s", plan->header ? plan->header : "", first ? "" : ",",
                 (int)name.length, name.bytes);
    prepared_text_deinit(&name);
    if (r < 0)
        return -ENOMEM;
    free(plan->header);
    plan->header = longer;
    plan->n_columns++;
    return first ? 0 : append_literal(builder, ",");
}

int plan_builder_append_key(struct plan_builder *builder, const char *key, bool first)
{
    const struct encode_style *style = builder->style;
    struct prepared_text piece;
    int r;

    if (style->in_header)
        return append_column(builder, key, first);
    r = append_literal(builder, first ? "" : style->between);
    if (r == 0)
        r = prepared_text_init(&piece, style->before_key, key, style->after_key);
    return r < 0 ? r : append_piece(builder, &piece);
}

int plan_builder_take(struct plan_builder *builder, struct prepared_text *ret)
{
    int r = prepared_text_set(ret, builder->pending, builder->n_pending);

    builder->n_pending = 0;
    return r;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct encode_step *add_step(struct plan_builder *builder, const struct field *field,
                                    enum value_print print)
{
    struct encode_plan *plan = builder->plan;
    struct encode_step *step;

    if (plan->n_steps == builder->room) {
        uint32_t room = builder->room ? 2 * builder->room : 16;
        struct encode_step *more = realloc(plan->steps, room * sizeof(*more));

        if (!more)
            return NULL;
        plan->steps = more;
        builder->room = room;
    }
    step = &plan->steps[plan->n_steps];
    memset(step, 0, sizeof(*step));
    step->field = field;
    step->print = (uint8_t)print;
    step->is_signed = field->is_signed;
    step->offset = field->offset;
    step->need = (uint64_t)field->offset + field->size;
    if (plan_builder_take(builder, &step->before) < 0)
        return NULL;
    plan->n_steps++;
    return step;
}

/* Without any value there is still a place to run from. */
int plan_builder_end(struct plan_builder *builder)
{
    struct encode_plan *plan = builder->plan;

    if (!plan->steps)
        plan->steps = calloc(1, sizeof(*plan->steps));
    return plan->steps ? plan_builder_take(builder, &plan->tail) : -ENOMEM;
}

int plan_builder_add_special(struct plan_builder *builder, enum value_print print)
{
    static const struct field none = {.name = ""};

    return add_step(builder, &none, print) ? 0 : -ENOMEM;
}

/* Steps move while others are added, so a step that has others is known by its number. */
static int close_group(struct plan_builder *builder, uint32_t own)
{
    struct prepared_text tail;
    struct encode_step *step;
    int r = plan_builder_take(builder, &tail);

    if (r < 0)
        return r;
    step = &builder->plan->steps[own];
    step->array.tail = tail;
    step->array.n_steps = builder->plan->n_steps - own - 1;
    return 0;
}

/* Whether the record may lack it although it has what is around it. */
static bool needs_guard(const struct plan_builder *builder, const struct field *field)
{
    return field_is_conditional(field) && (field->nth || field->guard != builder->guard);
}

static int add_name(struct plan_builder *builder, const struct field *field,
                    const struct value_name *name)
{
    bool is_id = name->form == VALUE_NAME_ID;
    struct encode_step *step = add_step(builder, field, is_id ? PRINT_NAME : PRINT_VALUE_NAME);

    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)value_load_of(field);
    step->name = *name;
    builder->plan->has_names |= is_id;
    builder->plan->has_cgroups |= is_id && resolver_is_of_cgroup(name->kind);
    return 0;
}

int plan_builder_add_name(struct plan_builder *builder, const struct field *field,
                          const struct value_name *name)
{
    uint32_t own = builder->plan->n_steps;
    int r;

    if (!needs_guard(builder, field))
        return add_name(builder, field, name);
    if (!add_step(builder, field, PRINT_GUARD))
        return -ENOMEM;
    r = add_name(builder, field, name);
    return r < 0 ? r : close_group(builder, own);
}

bool plan_builder_shows(const struct plan_builder *builder, const struct value_name *name)
{
    return !builder->options->in_place &&
           (name->form != VALUE_NAME_ID || builder->options->resolve_names);
}

static int add_leaf(struct plan_builder *builder, const struct field *field,
                    enum field_meaning meaning)
{
    bool as_number = builder->keeps_number && value_name_keeps_number(field);
    struct encode_step *step = add_step(
        builder, field, as_number ? value_print_number(field) : value_print_of(field, meaning));

    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)value_load_of(field);
    if (step->print == PRINT_TEXTS && builder->style->quoting != QUOTING_JSON)
        builder->plan->has_lists = true;
    if (step->print == PRINT_ENUM)
        return enum_names_init(&step->names, field, builder->style->quoting);
    if (step->print == PRINT_USER_SYMBOL && builder->options->resolve_names)
        builder->plan->has_users = true;
    if ((step->print == PRINT_SYMBOL || step->print == PRINT_USER_SYMBOL) &&
        builder->options->resolve_names)
        builder->plan->has_names = true;
    if (step->print == PRINT_NUMBER || step->print == PRINT_FLAGS)
        step->numbers = number_set_of(meaning);
    if (step->print == PRINT_HEX)
        step->mask = value_mask_of(field);
    return 0;
}

/* ---- what has parts -------------------------------------------------------------------------- */

/* What a key may not hold in logfmt has no place in C's names either, so it need not come back. */
static void make_bare(char *name)
{
    for (; *name; name++)
        if (*name <= ' ' || *name > '~' || *name == '=' || *name == '"' || *name == '\\')
            *name = '_';
}

/* A step of the pipeline has made a field of that name, so that it is shown already, or is hidden.
 * Types that others have written may have any number of members, but no columns. */
static bool has_column(const struct plan_builder *builder, const struct field *members,
                       uint32_t count, const char *name)
{
    const struct field *field =
        builder->has_columns ? field_among(members, count, name, strlen(name)) : NULL;

    return field && field->column;
}

static int add_companion(struct plan_builder *builder, const struct field *field,
                         const struct value_name *name, const char *own, const char *prefix,
                         struct unique_keys *keys)
{
    _cleanup_(cleanup_free) char *wanted = NULL;
    const char *key;
    int r;

    if (asprintf(&wanted, "%s%s", prefix, own) < 0) {
        wanted = NULL;
        return -ENOMEM;
    }
    if (builder->style->bare_keys)
        make_bare(wanted);
    key = unique_keys_add(keys, wanted);
    r = key ? plan_builder_append_key(builder, key, false) : -ENOMEM;
    return r < 0 ? r : plan_builder_add_name(builder, field, name);
}

/* The names of one member's values. */
static int add_companions(struct plan_builder *builder, const struct field *members, uint32_t count,
                          const struct field *field, const char *prefix, struct unique_keys *keys)
{
    struct value_name name;
    int r = 0;

    for (uint32_t i = 0; r == 0 && value_name_of(field, i, &name); i++) {
        _cleanup_(cleanup_free) char *own = value_name_key(&name, field->name);

        if (!own)
            return -ENOMEM;
        if (!name.hidden && plan_builder_shows(builder, &name) &&
            !has_column(builder, members, count, own))
            r = add_companion(builder, field, &name, own, prefix, keys);
    }
    return r;
}

/* A struct or union whose members are not one value together. */
static bool is_object(const struct field *field)
{
    return (field->kind == FIELD_STRUCT || field->kind == FIELD_UNION) &&
           value_print_of(field, field->meaning) == PRINT_ARRAY;
}

static int too_deep(struct plan_builder *builder)
{
    return error_set(builder->error, -EINVAL,
                     "structs and arrays are nested more than %d levels deep", ENCODE_DEPTH_MAX);
}

static int add_flat(struct plan_builder *builder, const struct field *field,
                    struct unique_keys *keys, const char *key)
{
    _cleanup_(cleanup_free) char *prefix = NULL;
    int r;

    if (builder->depth == ENCODE_DEPTH_MAX)
        return too_deep(builder);
    if (asprintf(&prefix, "%s.", key) < 0) {
        prefix = NULL;
        return -ENOMEM;
    }
    builder->depth++;
    r = plan_builder_add_members(builder, field->members, field->n_members, keys, prefix, false);
    builder->depth--;
    return r;
}

int plan_builder_add_named(struct plan_builder *builder, const struct field *field)
{
    int r;

    builder->keeps_number = !builder->options->in_place;
    r = plan_builder_add_value(builder, field, MEANING_NONE);
    builder->keeps_number = false;
    return r;
}

/* The keys of members are entered before, so that what they are called does not depend on names
 * beside them. */
static int add_member(struct plan_builder *builder, const struct field *field,
                      struct unique_keys *keys, const char *key, bool first)
{
    int r;

    if (!builder->style->nested && is_object(field))
        return add_flat(builder, field, keys, key);
    r = plan_builder_append_key(builder, key, first);
    return r < 0 ? r : plan_builder_add_named(builder, field);
}

static int enter_keys(const struct plan_builder *builder, const struct field *members,
                      uint32_t count, struct unique_keys *keys, const char *prefix)
{
    for (uint32_t i = 0; i < count; i++) {
        char *name;
        const char *key;

        if (asprintf(&name, "%s%s", prefix, members[i].name) < 0)
            return -ENOMEM;
        if (builder->style->bare_keys)
            make_bare(name);
        key = unique_keys_add(keys, name);
        free(name);
        if (!key)
            return -ENOMEM;
    }
    return 0;
}

int plan_builder_add_members(struct plan_builder *builder, const struct field *members,
                             uint32_t count, struct unique_keys *keys, const char *prefix,
                             bool first)
{
    uint32_t n_own = keys->count;
    int r = enter_keys(builder, members, count, keys, prefix);

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        if (&members[i] == builder->time)
            continue;
        r = add_member(builder, &members[i], keys, keys->names[n_own + i], first);
        if (r == 0)
            r = add_companions(builder, members, count, &members[i], prefix, keys);
        first = false;
    }
    return r;
}

static int add_braces(struct plan_builder *builder, const struct field *field)
{
    struct unique_keys keys = {0};
    int r = append_literal(builder, "{");

    if (r == 0)
        r = plan_builder_add_members(builder, field->members, field->n_members, &keys, "", true);
    if (r == 0)
        r = append_literal(builder, "}");
    unique_keys_deinit(&keys);
    return r;
}

static int add_array(struct plan_builder *builder, const struct field *field,
                     enum field_meaning meaning)
{
    uint32_t own = builder->plan->n_steps;
    struct encode_step *step = add_step(builder, field, PRINT_ARRAY);
    int r;

    if (!step)
        return -ENOMEM;
    step->need = (uint64_t)field->offset + (field->count > 0 && field->stride > 0 && !field->by);
    step->array.count = field->count;
    step->array.stride = field->stride;
    r = plan_builder_add_value(builder, field->members, meaning);
    return r < 0 ? r : close_group(builder, own);
}

static int add_object(struct plan_builder *builder, const struct field *field, bool within)
{
    uint32_t own = builder->plan->n_steps;
    int r;

    if (within)
        return add_braces(builder, field);
    if (!add_step(builder, field, PRINT_OBJECT))
        return -ENOMEM;
    r = add_braces(builder, field);
    return r < 0 ? r : close_group(builder, own);
}

/* An array's meaning is that of its elements, unless its bytes together are one value. */
static int add_value(struct plan_builder *builder, const struct field *field,
                     enum field_meaning inherited)
{
    enum field_meaning meaning = field->meaning ? field->meaning : inherited;
    const struct encode_style *outer = builder->style;
    bool within = outer->quoting == QUOTING_JSON;
    int r;

    if (value_print_of(field, meaning) != PRINT_ARRAY)
        return add_leaf(builder, field, meaning);
    if (builder->depth == ENCODE_DEPTH_MAX)
        return too_deep(builder);
    builder->keeps_number = false; /* elements have no place for names beside them */
    builder->depth++;
    builder->style = &encode_style_json;
    builder->plan->has_lists |= !within;
    r = field->kind == FIELD_ARRAY ? add_array(builder, field, meaning)
                                   : add_object(builder, field, within);
    builder->style = outer;
    builder->depth--;
    return r;
}

int plan_builder_add_value(struct plan_builder *builder, const struct field *field,
                           enum field_meaning inherited)
{
    const struct field_guard *outer = builder->guard;
    uint32_t own = builder->plan->n_steps;
    int r;

    if (!needs_guard(builder, field))
        return add_value(builder, field, inherited);
    if (!add_step(builder, field, PRINT_GUARD))
        return -ENOMEM;
    builder->guard = field->guard;
    r = add_value(builder, field, inherited);
    builder->guard = outer;
    return r < 0 ? r : close_group(builder, own);
}
