// SPDX-License-Identifier: Apache-2.0

/* The tree is walked once. A struct is nothing but text around its members' steps, or not even
 * that where it is laid flat. Arrays are one value in all formats, because how many elements there
 * are may differ from record to record and keys and columns must not: inside an array everything is
 * JSON, whatever the format around it. */

#include "encode/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* ---- text ------------------------------------------------------------------------------------ */

int draft_say(struct draft *draft, const char *bytes, size_t length)
{
    char *longer = realloc(draft->pending, (size_t)draft->n_pending + length + 1);

    if (!longer)
        return -ENOMEM;
    memcpy(longer + draft->n_pending, bytes, length);
    draft->pending = longer;
    draft->n_pending += (uint32_t)length;
    return 0;
}

static int say_words(struct draft *draft, const char *words)
{
    return draft_say(draft, words, strlen(words));
}

static int say_piece(struct draft *draft, struct snippet *piece)
{
    int r = draft_say(draft, piece->bytes, piece->length);

    snippet_deinit(piece);
    return r;
}

int draft_say_text(struct draft *draft, const char *text)
{
    struct snippet piece;
    int r = quote_snippet(draft->style->quoting, text, &piece);

    return r < 0 ? r : say_piece(draft, &piece);
}

/* A column has its name in the header. */
static int say_column(struct draft *draft, const char *key, bool first)
{
    struct plan *plan = draft->plan;
    struct snippet name;
    char *longer;
    int r = quote_snippet(QUOTING_CSV, key, &name);

    if (r < 0)
        return r;
    r = asprintf(&longer, "%s%s%.*s", plan->header ? plan->header : "", first ? "" : ",",
                 (int)name.length, name.bytes);
    snippet_deinit(&name);
    if (r < 0)
        return -ENOMEM;
    free(plan->header);
    plan->header = longer;
    plan->n_columns++;
    return first ? 0 : say_words(draft, ",");
}

int draft_say_key(struct draft *draft, const char *key, bool first)
{
    const struct plan_style *style = draft->style;
    struct snippet piece;
    int r;

    if (style->in_header)
        return say_column(draft, key, first);
    r = say_words(draft, first ? "" : style->between);
    if (r == 0)
        r = snippet_init(&piece, style->before_key, key, style->behind_key);
    return r < 0 ? r : say_piece(draft, &piece);
}

int draft_take(struct draft *draft, struct snippet *ret)
{
    int r = snippet_set(ret, draft->pending, draft->n_pending);

    draft->n_pending = 0;
    return r;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct plan_step *add_step(struct draft *draft, const struct field *field,
                                  enum value_print print)
{
    struct plan *plan = draft->plan;
    struct plan_step *step;

    if (plan->n_steps == draft->room) {
        uint32_t room = draft->room ? 2 * draft->room : 16;
        struct plan_step *more = realloc(plan->steps, room * sizeof(*more));

        if (!more)
            return NULL;
        plan->steps = more;
        draft->room = room;
    }
    step = &plan->steps[plan->n_steps];
    memset(step, 0, sizeof(*step));
    step->field = field;
    step->print = (uint8_t)print;
    step->is_signed = field->is_signed;
    step->offset = field->offset;
    step->need = (uint64_t)field->offset + field->size;
    if (draft_take(draft, &step->before) < 0)
        return NULL;
    plan->n_steps++;
    return step;
}

/* Without any value there is still a place to run from. */
int draft_end(struct draft *draft)
{
    struct plan *plan = draft->plan;

    if (!plan->steps)
        plan->steps = calloc(1, sizeof(*plan->steps));
    return plan->steps ? draft_take(draft, &plan->tail) : -ENOMEM;
}

int draft_add_special(struct draft *draft, enum value_print print)
{
    static const struct field none = {.name = ""};

    return add_step(draft, &none, print) ? 0 : -ENOMEM;
}

int draft_add_name(struct draft *draft, const struct field *field, enum resolver_kind kind)
{
    struct plan_step *step = add_step(draft, field, PRINT_NAME);

    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)value_load_of(field);
    step->kind = kind;
    draft->plan->has_names = true;
    return 0;
}

static int add_leaf(struct draft *draft, const struct field *field, enum field_meaning meaning)
{
    struct plan_step *step = add_step(draft, field, value_print_of(field, meaning));

    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)value_load_of(field);
    if (step->print == PRINT_TEXTS && draft->style->quoting != QUOTING_JSON)
        draft->plan->has_lists = true;
    if (step->print == PRINT_ENUM)
        return names_init(&step->names, field, draft->style->quoting);
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

static int add_companion(struct draft *draft, const struct field *field, const char *name,
                         struct keyset *keys)
{
    _cleanup_(cleanup_free) char *wanted = NULL;
    enum resolver_kind kind;
    const char *key;
    int r;

    if (!draft->options->resolve_names || !keyset_id_kind(field, &kind))
        return 0;
    wanted = keyset_companion(name, kind);
    if (wanted && draft->style->bare_keys)
        make_bare(wanted);
    key = wanted ? keyset_add(keys, wanted) : NULL;
    r = key ? draft_say_key(draft, key, false) : -ENOMEM;
    return r < 0 ? r : draft_add_name(draft, field, kind);
}

/* A struct or union whose members are not one value together. */
static bool is_object(const struct field *field)
{
    return (field->kind == FIELD_STRUCT || field->kind == FIELD_UNION) &&
           value_print_of(field, field->meaning) == PRINT_ARRAY;
}

static int too_deep(struct draft *draft)
{
    return error_set(draft->error, -EINVAL,
                     "structs and arrays are nested more than %d levels deep", PLAN_DEPTH_MAX);
}

static int add_flat(struct draft *draft, const struct field *field, struct keyset *keys,
                    const char *key)
{
    _cleanup_(cleanup_free) char *prefix = NULL;
    int r;

    if (draft->depth == PLAN_DEPTH_MAX)
        return too_deep(draft);
    if (asprintf(&prefix, "%s.", key) < 0) {
        prefix = NULL;
        return -ENOMEM;
    }
    draft->depth++;
    r = draft_add_members(draft, field->members, field->n_members, keys, prefix, false);
    draft->depth--;
    return r;
}

static int add_member(struct draft *draft, const struct field *field, struct keyset *keys,
                      const char *key, const char *prefix, bool first)
{
    _cleanup_(cleanup_free) char *name = NULL;
    int r;

    if (!draft->style->nested && is_object(field))
        return add_flat(draft, field, keys, key);
    r = draft_say_key(draft, key, first);
    if (r == 0)
        r = draft_add_value(draft, field, MEANING_NONE);
    if (r < 0)
        return r;
    if (asprintf(&name, "%s%s", prefix, field->name) < 0) {
        name = NULL;
        return -ENOMEM;
    }
    return add_companion(draft, field, name, keys);
}

static int enter_keys(const struct draft *draft, const struct field *members, uint32_t count,
                      struct keyset *keys, const char *prefix)
{
    for (uint32_t i = 0; i < count; i++) {
        char *name;
        const char *key;

        if (asprintf(&name, "%s%s", prefix, members[i].name) < 0)
            return -ENOMEM;
        if (draft->style->bare_keys)
            make_bare(name);
        key = keyset_add(keys, name);
        free(name);
        if (!key)
            return -ENOMEM;
    }
    return 0;
}

int draft_add_members(struct draft *draft, const struct field *members, uint32_t count,
                      struct keyset *keys, const char *prefix, bool first)
{
    uint32_t n_own = keys->count;
    int r = enter_keys(draft, members, count, keys, prefix);

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        if (&members[i] == draft->time)
            continue;
        r = add_member(draft, &members[i], keys, keys->names[n_own + i], prefix, first);
        first = false;
    }
    return r;
}

static int add_braces(struct draft *draft, const struct field *field)
{
    struct keyset keys = {0};
    int r = say_words(draft, "{");

    if (r == 0)
        r = draft_add_members(draft, field->members, field->n_members, &keys, "", true);
    if (r == 0)
        r = say_words(draft, "}");
    keyset_deinit(&keys);
    return r;
}

/* Steps move while others are added, so a step that has others is known by its number. */
static int close_group(struct draft *draft, uint32_t own)
{
    struct snippet tail;
    struct plan_step *step;
    int r = draft_take(draft, &tail);

    if (r < 0)
        return r;
    step = &draft->plan->steps[own];
    step->array.tail = tail;
    step->array.n_steps = draft->plan->n_steps - own - 1;
    return 0;
}

static int add_array(struct draft *draft, const struct field *field, enum field_meaning meaning)
{
    uint32_t own = draft->plan->n_steps;
    struct plan_step *step = add_step(draft, field, PRINT_ARRAY);
    int r;

    if (!step)
        return -ENOMEM;
    step->need = (uint64_t)field->offset + (field->count > 0 && field->stride > 0);
    step->array.count = field->count;
    step->array.stride = field->stride;
    r = draft_add_value(draft, field->members, meaning);
    return r < 0 ? r : close_group(draft, own);
}

static int add_object(struct draft *draft, const struct field *field, bool within)
{
    uint32_t own = draft->plan->n_steps;
    int r;

    if (within)
        return add_braces(draft, field);
    if (!add_step(draft, field, PRINT_OBJECT))
        return -ENOMEM;
    r = add_braces(draft, field);
    return r < 0 ? r : close_group(draft, own);
}

/* An array's meaning is that of its elements, unless its bytes together are one value. */
int draft_add_value(struct draft *draft, const struct field *field, enum field_meaning inherited)
{
    enum field_meaning meaning = field->meaning ? field->meaning : inherited;
    const struct plan_style *outer = draft->style;
    bool within = outer->quoting == QUOTING_JSON;
    int r;

    if (value_print_of(field, meaning) != PRINT_ARRAY)
        return add_leaf(draft, field, meaning);
    if (draft->depth == PLAN_DEPTH_MAX)
        return too_deep(draft);
    draft->depth++;
    draft->style = &plan_json;
    draft->plan->has_lists |= !within;
    r = field->kind == FIELD_ARRAY ? add_array(draft, field, meaning)
                                   : add_object(draft, field, within);
    draft->style = outer;
    draft->depth--;
    return r;
}
