// SPDX-License-Identifier: Apache-2.0

/* A choice is read as words between commas, each of a name and what it stands for, as in
 * "by:kind,1:open,2:close". */

#include "schema/meaning_by.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "record/field_path.h"

enum { WORD_MAX = 256 };

/* One choice on its way. */
struct choosing {
    struct schema *schema;
    const struct meaning_choice *choice;
    struct field *field;
    const struct field *around; /* the struct that it is in; NULL: the record */
    struct error *error;
};

/* "NAME:VALUE"; the value is "" where there is none. */
struct word {
    char name[WORD_MAX];
    const char *value;
};

/* ---- reading --------------------------------------------------------------------------------- */

static int refuse(const struct choosing *choosing, const char *words)
{
    return error_set(choosing->error, -EINVAL, "\"%s\" is not a meaning; %s", choosing->choice->as,
                     words);
}

/* Takes the next word off *at. False: there is no more, or it is too long, and then *at is not at
 * the end. */
static bool take_word(const char **at, struct word *ret)
{
    size_t length = strcspn(*at, ",");
    char *colon;

    if (length == 0 || length >= sizeof(ret->name))
        return false;
    memcpy(ret->name, *at, length);
    ret->name[length] = '\0';
    *at += length + ((*at)[length] == ',');
    colon = strchr(ret->name, ':');
    ret->value = colon ? colon + 1 : "";
    if (colon)
        *colon = '\0';
    return true;
}

static bool begins_with(const char *as, const char *name)
{
    size_t length = strlen(name);

    return strncmp(as, name, length) == 0 && (as[length] == ':' || as[length] == '\0');
}

bool meaning_by_knows(const char *as)
{
    return begins_with(as, "texts") || begins_with(as, "count") || begins_with(as, "size") ||
           begins_with(as, "ip") || begins_with(as, "user_stack") ||
           begins_with(as, "user_symbol") || begins_with(as, "by") || strncmp(as, "text:", 5) == 0;
}

/* ---- other fields ---------------------------------------------------------------------------- */

static int find(const struct choosing *choosing, const char *path, const struct field **ret)
{
    const struct field_scope scope = {.schema = choosing->schema, .elements = FIELD_ELEMENTS_NONE};
    struct field_walk walk;
    int r = field_path_find(path, &scope, choosing->error, &walk);

    if (r == 0)
        *ret = walk.field;
    return r;
}

/* The struct around the field: of a path without arrays. */
static int find_around(struct choosing *choosing)
{
    const char *path = choosing->choice->path, *dot = strrchr(path, '.');
    char around[WORD_MAX];

    if (strchr(path, '['))
        return error_set(choosing->error, -EINVAL,
                         "%s is in an array; the meaning \"%s\" is for fields outside of arrays",
                         path, choosing->choice->as);
    if (!dot)
        return 0;
    snprintf(around, sizeof(around), "%.*s", (int)(dot - path), path);
    return find(choosing, around, &choosing->around);
}

static bool is_integer(const struct field *field)
{
    return field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_ENUM ||
           field->kind == FIELD_BOOL;
}

/* The integer of that name beside the field, or else of that path. */
static int find_integer(const struct choosing *choosing, const char *name, const struct field **ret)
{
    const struct field *around = choosing->around, *found = NULL;
    int r = 0;

    if (around)
        found = field_among(around->members, around->n_members, name, strlen(name));
    if (!found)
        r = find(choosing, name, &found);
    if (r < 0)
        return r;
    if (found == choosing->field || !is_integer(found))
        return error_set(choosing->error, -EINVAL, "%s is not an integer; \"%s\" needs one", name,
                         choosing->choice->as);
    *ret = found;
    return 0;
}

/* ---- lengths and families -------------------------------------------------------------------- */

static int refuse_kind(const struct choosing *choosing, const char *allowed)
{
    const struct field *field = choosing->field;

    return error_set(choosing->error, -EINVAL, "%s cannot be %s: it is %s; it must be %s",
                     choosing->choice->path, choosing->choice->as,
                     field->type_name ? field->type_name : "bytes", allowed);
}

static bool is_single_bytes(const struct field *field)
{
    return field->kind == FIELD_CHARS || field->kind == FIELD_BYTES ||
           (field->kind == FIELD_ARRAY && field->stride == 1);
}

static void make_leaf(struct field *field, enum field_kind kind)
{
    field->kind = kind;
    field->meaning = MEANING_NONE;
    field->members = NULL;
    field->n_members = 0;
    field->count = 0;
    field->stride = 0;
    field->is_signed = false;
}

static int choose_text(struct choosing *choosing, enum field_kind kind)
{
    if (!is_single_bytes(choosing->field))
        return refuse_kind(choosing, "an array of single bytes");
    make_leaf(choosing->field, kind);
    choosing->field->in_place = true;
    return 0;
}

static int choose_count(struct choosing *choosing, bool bytes)
{
    if (choosing->field->kind != FIELD_ARRAY)
        return refuse_kind(choosing, "an array");
    choosing->field->by_each = bytes ? choosing->field->stride : 0;
    return 0;
}

static int choose_ip(struct choosing *choosing)
{
    if (!meaning_fits(choosing->field, MEANING_IP))
        return refuse_kind(choosing, "an array, struct or union of 16 bytes");
    make_leaf(choosing->field, FIELD_BYTES);
    choosing->field->meaning = MEANING_IP;
    return 0;
}

void meaning_by_process(struct field *field, const struct field *process)
{
    bool is_stack = field->kind == FIELD_ARRAY;

    meaning_give(field, is_stack ? MEANING_USER_STACK : MEANING_USER_SYMBOL);
    if (is_stack)
        field = (struct field *)field->members;
    field->by = process;
}

static int choose_process(struct choosing *choosing, bool stack, const struct field *by)
{
    if (!meaning_fits(choosing->field, stack ? MEANING_USER_STACK : MEANING_USER_SYMBOL))
        return refuse_kind(choosing,
                           stack ? "an array of integers of 8 bytes" : "an integer of 8 bytes");
    meaning_by_process(choosing->field, by);
    return 0;
}

/* One word, and the field that it names. */
static int choose_length(struct choosing *choosing)
{
    const char *at = choosing->choice->as;
    const struct field *by = NULL;
    struct word word;
    int r = 0;

    if (!take_word(&at, &word) || *at)
        return refuse(choosing, "write one field after the colon, as in texts:args_size");
    if (*word.value)
        r = find_integer(choosing, word.value, &by);
    else if (strcmp(word.name, "texts") != 0)
        return refuse(choosing, "name the field that it depends on, as in count:n, ip:family or "
                                "user_stack:pid");
    if (r < 0)
        return r;
    if (strncmp(word.name, "user_", 5) == 0)
        return choose_process(choosing, strcmp(word.name, "user_stack") == 0, by);
    if (strncmp(word.name, "text", 4) == 0)
        r = choose_text(choosing, word.name[4] ? FIELD_TEXTS : FIELD_TEXT);
    else if (strcmp(word.name, "ip") == 0)
        r = choose_ip(choosing);
    else
        r = choose_count(choosing, strcmp(word.name, "size") == 0);
    if (r == 0)
        choosing->field->by = by;
    return r;
}

/* ---- arms ------------------------------------------------------------------------------------ */

/* What is in an arm has the arm's own guard, unless it has more of them: so one look tells. before,
 * shared: of what is around the field, before and now. */
static int add_guard(struct schema *schema, struct field *field, const struct field_guard *guard,
                     const struct field_guard *before, const struct field_guard *shared)
{
    uint32_t n = field->kind == FIELD_ARRAY ? 1 : field->n_members;
    const struct field_guard *own = field->guard;
    int r = 0;

    if (!shared || own != before) {
        struct field_guard *added = schema_keep_array(schema, 1, sizeof(*added));

        if (!added)
            return -ENOMEM;
        *added = *guard;
        added->outer = own;
        shared = added;
    }
    field->guard = shared;
    for (uint32_t i = 0; i < n && r == 0; i++)
        r = add_guard(schema, (struct field *)&field->members[i], guard, own, shared);
    return r;
}

int meaning_by_guard(struct schema *schema, struct field *field, const struct field *tag,
                     const int64_t *values, uint32_t n_values)
{
    int64_t *kept = schema_keep_array(schema, n_values + 1, sizeof(*kept));
    const struct field_guard guard = {.tag = tag, .values = kept, .n_values = n_values};

    if (!kept)
        return -ENOMEM;
    if (n_values)
        memcpy(kept, values, n_values * sizeof(*values));
    return add_guard(schema, field, &guard, NULL, NULL);
}

static int refuse_arms(const struct choosing *choosing)
{
    return refuse(choosing,
                  "write the tag and its values, as in by:kind,1:open,2:close for a union or "
                  "by:kind,is:1 for one of its members");
}

enum { VALUES_MAX = 64 }; /* of one arm */

struct values {
    int64_t list[VALUES_MAX];
    uint32_t count;
};

static bool fits(const struct field *tag, const char *text, int64_t value)
{
    uint32_t bits = tag->bits ? tag->bits : tag->size * 8;

    if (bits >= 64)
        return true;
    if (tag->is_signed)
        return value >= -(INT64_C(1) << (bits - 1)) && value < INT64_C(1) << (bits - 1);
    return text[0] != '-' && (uint64_t)value < UINT64_C(1) << bits;
}

/* A number, or the name of one of the tag's values. */
static int read_value(const struct choosing *choosing, const struct field *tag, const char *text,
                      int64_t *ret)
{
    struct suggestion known;
    char *end;

    suggestion_init(&known, text);
    for (uint32_t i = 0; i < tag->n_names; i++) {
        if (strcmp(tag->names[i].name, text) == 0) {
            *ret = tag->names[i].value;
            return 0;
        }
        suggestion_offer(&known, tag->names[i].name);
    }
    errno = 0;
    *ret = text[0] == '-' ? strtoll(text, &end, 0) : (int64_t)strtoull(text, &end, 0);
    if (*text && *end == '\0' && errno == 0 && fits(tag, text, *ret))
        return 0;
    if (*text && *end == '\0')
        return error_set(choosing->error, -EINVAL, "%s cannot be %s; it is %s", tag->name, text,
                         tag->type_name ? tag->type_name : "smaller");
    return error_set(choosing->error, -EINVAL, "%s is not a value of %s; %s", text, tag->name,
                     tag->n_names ? suggestion_words(&known) : "write a number");
}

static int add_value(const struct choosing *choosing, const struct field *tag, const char *text,
                     struct values *values)
{
    if (values->count == VALUES_MAX)
        return error_set(choosing->error, -EINVAL, "an arm can have at most %d values of %s",
                         VALUES_MAX, tag->name);
    return read_value(choosing, tag, text, &values->list[values->count++]);
}

/* The values of one arm: the words whose value is its name; or of the chosen field itself, as "is".
 */
static int collect_values(const struct choosing *choosing, const char *at, const struct field *tag,
                          const char *arm, struct values *ret)
{
    struct word word;
    int r = 0;

    ret->count = 0;
    while (r == 0 && take_word(&at, &word)) {
        if (arm && strcmp(word.value, arm) == 0)
            r = add_value(choosing, tag, word.name, ret);
        else if (!arm && strcmp(word.name, "is") != 0)
            r = refuse_arms(choosing);
        else if (!arm)
            r = add_value(choosing, tag, word.value, ret);
    }
    return r == 0 && *at ? refuse_arms(choosing) : r;
}

/* Each word must name an arm of the union. */
static int check_arms(const struct choosing *choosing, const char *at)
{
    const struct field *field = choosing->field;
    struct word word;

    while (take_word(&at, &word)) {
        struct suggestion known;

        if (field_among(field->members, field->n_members, word.value, strlen(word.value)))
            continue;
        suggestion_init(&known, word.value);
        for (uint32_t i = 0; i < field->n_members; i++)
            suggestion_offer(&known, field->members[i].name);
        return error_set(choosing->error, -EINVAL, "%s has no member \"%s\"; %s",
                         choosing->choice->path, word.value,
                         suggestion_or_list(&known, "its members are", FIELD_SUGGESTED_NAMES_MAX));
    }
    return *at ? refuse_arms(choosing) : 0;
}

static int guard_arms(const struct choosing *choosing, const char *at, const struct field *tag)
{
    const struct field *field = choosing->field;
    int r;

    if (field->kind != FIELD_UNION)
        return refuse_kind(choosing, "a union; for one arm write by:TAG,is:VALUE");
    r = check_arms(choosing, at);
    for (uint32_t i = 0; i < field->n_members && r == 0; i++) {
        struct field *arm = (struct field *)&field->members[i];
        struct values values;

        r = collect_values(choosing, at, tag, arm->name, &values);
        if (r == 0)
            r = meaning_by_guard(choosing->schema, arm, tag, values.list, values.count);
    }
    return r;
}

static int choose_arms(struct choosing *choosing, bool *ret_keeps)
{
    const char *at = choosing->choice->as;
    const struct field *tag;
    struct values values;
    struct word word;
    int r;

    if (!take_word(&at, &word) || !*word.value || !*at)
        return refuse_arms(choosing);
    r = find_integer(choosing, word.value, &tag);
    if (r < 0)
        return r;
    if (!begins_with(at, "is"))
        return guard_arms(choosing, at, tag);
    *ret_keeps = false;
    r = collect_values(choosing, at, tag, NULL, &values);
    return r < 0 ? r
                 : meaning_by_guard(choosing->schema, choosing->field, tag, values.list,
                                    values.count);
}

int meaning_by_choose(struct schema *schema, const struct meaning_choice *choice,
                      struct field *field, struct error *error, bool *ret_keeps)
{
    struct choosing choosing = {schema, choice, field, NULL, error};
    int r = find_around(&choosing);

    *ret_keeps = true;
    if (r < 0)
        return r;
    r = begins_with(choice->as, "by") ? choose_arms(&choosing, ret_keeps)
                                      : choose_length(&choosing);
    return r == -ENOMEM ? error_set(error, r, "out of memory") : r;
}
