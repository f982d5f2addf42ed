// SPDX-License-Identifier: Apache-2.0

/* The tree is walked once. Text that does not depend on a record is gathered in `pending`; each
 * value takes what has been gathered as the text before it, and so all braces, commas and keys
 * between two values end up in one piece. What is still pending at the end is the tail. */

#include "encode/json_plan.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct draft {
    struct json_plan *plan;
    const struct json_plan_options *options;
    const struct field *time; /* NULL: records have none */
    uint32_t room;            /* steps that there is memory for */
    char *pending;
    uint32_t n_pending;
    uint32_t depth;
    struct error *error;
};

/* The keys of one object: in order, and as a tree to find them by. */
struct keys {
    char **names;
    uint32_t count;
    void *tree;
};

static int add_field(struct draft *draft, const struct field *field, enum field_meaning inherited);

/* ---- text ------------------------------------------------------------------------------------ */

static int say_piece(struct draft *draft, const struct snippet *piece)
{
    char *longer = realloc(draft->pending, (size_t)draft->n_pending + piece->length + 1);

    if (!longer)
        return -ENOMEM;
    memcpy(longer + draft->n_pending, piece->bytes, piece->length);
    draft->pending = longer;
    draft->n_pending += piece->length;
    return 0;
}

/* before, text as the inside of a JSON string, behind. */
static int say(struct draft *draft, const char *before, const char *text, const char *behind)
{
    struct snippet piece;
    int r = snippet_init(&piece, before, text, behind);

    if (r == 0) {
        r = say_piece(draft, &piece);
        snippet_deinit(&piece);
    }
    return r;
}

static int take_pending(struct draft *draft, struct snippet *ret)
{
    int r = snippet_set(ret, draft->pending, draft->n_pending);

    draft->n_pending = 0;
    return r;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static int compare_keys(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void keys_deinit(struct keys *keys)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        tdelete(keys->names[i], &keys->tree, compare_keys);
        free(keys->names[i]);
    }
    free(keys->names);
}

/* Enters a name that is in the object once, with as many _ behind it as that takes. NULL: out of
 * memory. */
static const char *keys_add(struct keys *keys, const char *name)
{
    size_t length = strlen(name);
    char **more = realloc(keys->names, (keys->count + 1) * sizeof(*more));
    char *key = malloc(length + keys->count + 2);

    keys->names = more ? more : keys->names;
    if (!more || !key) {
        free(key);
        return NULL;
    }
    strcpy(key, name);
    while (tfind(key, &keys->tree, compare_keys)) {
        key[length++] = '_';
        key[length] = '\0';
    }
    if (!tsearch(key, &keys->tree, compare_keys)) {
        free(key);
        return NULL;
    }
    keys->names[keys->count++] = key;
    return key;
}

/* What an event says of itself stands first; a field of such a name gives way. */
static int keys_reserve(struct keys *keys, const struct draft *draft)
{
    const char *const own[] = {draft->time ? "time" : NULL, "source",
                               draft->options->type ? "type" : NULL, "_lost"};

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (own[i] && !keys_add(keys, own[i]))
            return -ENOMEM;
    return 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct json_step *add_step(struct draft *draft, const struct field *field,
                                  enum json_print print)
{
    struct json_plan *plan = draft->plan;
    struct json_step *step;

    if (plan->n_steps == draft->room) {
        uint32_t room = draft->room ? 2 * draft->room : 16;
        struct json_step *more = realloc(plan->steps, room * sizeof(*more));

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
    if (take_pending(draft, &step->before) < 0)
        return NULL;
    plan->n_steps++;
    return step;
}

static int add_leaf(struct draft *draft, const struct field *field, enum field_meaning meaning)
{
    struct json_step *step = add_step(draft, field, json_print_of(field, meaning));

    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)json_load_of(field);
    if (step->print == PRINT_ENUM)
        return names_init(&step->names, field);
    if (step->print == PRINT_HEX)
        step->mask = json_mask_of(field);
    return 0;
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* False: it is no id that names are known for. */
static bool id_kind(const struct field *field, enum resolver_kind *ret)
{
    if (!json_is_integer(field))
        return false;
    switch (field->meaning) {
    case MEANING_UID:
        *ret = RESOLVER_UID;
        return true;
    case MEANING_GID:
        *ret = RESOLVER_GID;
        return true;
    case MEANING_CGROUP_ID:
        *ret = RESOLVER_CGROUP;
        return true;
    default:
        return false;
    }
}

/* uid_name of uid; cgroup_path of cgroup_id. */
static const char *companion_key(struct keys *keys, const char *name, enum resolver_kind kind)
{
    _cleanup_(cleanup_free) char *key = NULL;
    size_t length = strlen(name);

    if (kind == RESOLVER_CGROUP && length > 3 && strcmp(name + length - 3, "_id") == 0)
        length -= 3;
    if (asprintf(&key, "%.*s%s", (int)length, name, kind == RESOLVER_CGROUP ? "_path" : "_name") <
        0) {
        key = NULL;
        return NULL;
    }
    return keys_add(keys, key);
}

static int add_companion(struct draft *draft, const struct field *field, struct keys *keys)
{
    enum resolver_kind kind;
    struct json_step *step;
    const char *key;
    int r;

    if (!draft->options->resolve_names || !id_kind(field, &kind))
        return 0;
    key = companion_key(keys, field->name, kind);
    r = key ? say(draft, ",\"", key, "\":") : -ENOMEM;
    if (r < 0)
        return r;
    step = add_step(draft, field, PRINT_NAME);
    if (!step)
        return -ENOMEM;
    step->load = (uint8_t)json_load_of(field);
    step->kind = kind;
    draft->plan->has_names = true;
    return 0;
}

/* ---- what has parts -------------------------------------------------------------------------- */

/* first: nothing stands in the object yet. */
static int add_members(struct draft *draft, const struct field *members, uint32_t count,
                       struct keys *keys, bool first)
{
    uint32_t n_own = keys->count;
    int r = 0;

    for (uint32_t i = 0; i < count; i++)
        if (!keys_add(keys, members[i].name))
            return -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        if (&members[i] == draft->time)
            continue;
        r = say(draft, first ? "\"" : ",\"", keys->names[n_own + i], "\":");
        if (r == 0)
            r = add_field(draft, &members[i], MEANING_NONE);
        if (r == 0)
            r = add_companion(draft, &members[i], keys);
        first = false;
    }
    return r;
}

static int add_object(struct draft *draft, const struct field *field)
{
    struct keys keys = {0};
    int r = say(draft, "{", "", "");

    if (r == 0)
        r = add_members(draft, field->members, field->n_members, &keys, true);
    if (r == 0)
        r = say(draft, "}", "", "");
    keys_deinit(&keys);
    return r;
}

/* The steps move while others are added, so the array's own is known by its number. */
static int add_array(struct draft *draft, const struct field *field, enum field_meaning meaning)
{
    uint32_t own = draft->plan->n_steps;
    struct json_step *step = add_step(draft, field, PRINT_ARRAY);
    struct snippet tail;
    int r;

    if (!step)
        return -ENOMEM;
    step->need = (uint64_t)field->offset + (field->count > 0 && field->stride > 0);
    step->array.count = field->count;
    step->array.stride = field->stride;
    r = add_field(draft, field->members, meaning);
    if (r == 0)
        r = take_pending(draft, &tail);
    if (r < 0)
        return r;
    step = &draft->plan->steps[own];
    step->array.tail = tail;
    step->array.n_steps = draft->plan->n_steps - own - 1;
    return 0;
}

/* An array's meaning is that of its elements, unless its bytes together are one value. */
static int add_field(struct draft *draft, const struct field *field, enum field_meaning inherited)
{
    enum field_meaning meaning = field->meaning ? field->meaning : inherited;
    int r;

    if (json_print_of(field, meaning) != PRINT_ARRAY)
        return add_leaf(draft, field, meaning);
    if (draft->depth == JSON_DEPTH_MAX)
        return error_set(draft->error, -EINVAL, "more than %d structs and arrays within each other",
                         JSON_DEPTH_MAX);
    draft->depth++;
    r = field->kind == FIELD_ARRAY ? add_array(draft, field, meaning) : add_object(draft, field);
    draft->depth--;
    return r;
}

/* ---- the event ------------------------------------------------------------------------------- */

static bool is_event_time(const struct field *field)
{
    return strcmp(field->name, "ktime") == 0 && field->meaning == MEANING_KTIME &&
           json_print_of(field, MEANING_KTIME) == PRINT_KTIME;
}

static int add_head(struct draft *draft)
{
    int r = say(draft, draft->time ? "{\"time\":" : "{", "", "");

    if (r == 0 && draft->time)
        r = add_leaf(draft, draft->time, MEANING_KTIME);
    if (r == 0)
        r = say(draft, draft->time ? ",\"source\":\"" : "\"source\":\"", draft->options->source,
                "\"");
    if (r == 0 && draft->options->type)
        r = say(draft, ",\"type\":\"", draft->options->type, "\"");
    return r;
}

static int add_event(struct draft *draft, const struct schema *schema)
{
    struct keys keys = {0};
    int r = keys_reserve(&keys, draft);

    if (r == 0)
        r = add_head(draft);
    if (r == 0)
        r = add_members(draft, schema->fields, schema->n_fields, &keys, false);
    if (r == 0)
        r = say(draft, "}\n", "", "");
    if (r == 0)
        r = take_pending(draft, &draft->plan->tail);
    keys_deinit(&keys);
    return r;
}

int json_plan_init(struct json_plan *plan, const struct schema *schema,
                   const struct json_plan_options *options, struct error *error)
{
    struct draft draft = {.plan = plan, .options = options, .error = error};
    int r;

    *plan = (struct json_plan){0};
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (is_event_time(&schema->fields[i]))
            draft.time = &schema->fields[i];
    r = add_event(&draft, schema);
    free(draft.pending);
    if (r == 0 && !plan->steps) {
        /* nothing to print in this type: a place to run from, all the same */
        plan->steps = calloc(1, sizeof(*plan->steps));
        r = plan->steps ? 0 : -ENOMEM;
    }
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}

void json_plan_deinit(struct json_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_steps; i++) {
        struct json_step *step = &plan->steps[i];

        snippet_deinit(&step->before);
        if (step->print == PRINT_ENUM)
            names_deinit(&step->names);
        if (step->print == PRINT_ARRAY)
            snippet_deinit(&step->array.tail);
    }
    free(plan->steps);
    snippet_deinit(&plan->tail);
    *plan = (struct json_plan){0};
}
