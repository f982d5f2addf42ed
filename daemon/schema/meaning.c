// SPDX-License-Identifier: Apache-2.0

/* The tree that a reader made belongs to the schema and is nobody else's yet, so fields are changed
 * in place. A choice that was made is remembered by its field's address, which keeps the
 * conventions off it, and off the struct around it. */

#include "schema/meaning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "record/field.h"
#include "record/field_path.h"
#include "schema/meaning_by.h"
#include "schema/meaning_enum.h"

/* ---- what fits ---- */

/* `as: text` is not a meaning: it makes the field FIELD_CHARS. */
#define TEXT "text"
#define NONE "none"

enum shape {
    SHAPE_NONE,
    SHAPE_64,
    SHAPE_32,
    SHAPE_16,
    SHAPE_INTEGER,
    SHAPE_4_BYTES,
    SHAPE_6_BYTES,
    SHAPE_16_BYTES,
    SHAPE_BYTES,
    SHAPE_ENUM,
    SHAPE_ADDRESSES,
    SHAPES,
};

static const char *const shape_words[SHAPES] = {
    [SHAPE_64] = "an integer of 8 bytes",
    [SHAPE_32] = "an integer of 4 bytes",
    [SHAPE_16] = "an integer of 2 bytes",
    [SHAPE_INTEGER] = "an integer",
    [SHAPE_4_BYTES] = "an integer, array or struct of 4 bytes",
    [SHAPE_6_BYTES] = "an array or struct of 6 bytes",
    [SHAPE_16_BYTES] = "an integer, array or struct of 16 bytes",
    [SHAPE_BYTES] = "a text, array, struct or union of a fixed size",
    [SHAPE_ENUM] = "an enum; for an integer name one, as in flags:ENUM",
    [SHAPE_ADDRESSES] = "an array of integers of 8 bytes",
};

static const enum shape shapes[MEANING_COUNT] = {
    [MEANING_KTIME] = SHAPE_64,
    [MEANING_UNIX_NS] = SHAPE_64,
    [MEANING_IPV4] = SHAPE_4_BYTES,
    [MEANING_IPV6] = SHAPE_16_BYTES,
    [MEANING_IP] = SHAPE_16_BYTES,
    [MEANING_MAC] = SHAPE_6_BYTES,
    [MEANING_PORT_BE] = SHAPE_16,
    [MEANING_UID] = SHAPE_32,
    [MEANING_GID] = SHAPE_32,
    [MEANING_ERRNO] = SHAPE_INTEGER,
    [MEANING_SYSCALL] = SHAPE_INTEGER,
    [MEANING_CGROUP_ID] = SHAPE_64,
    [MEANING_HEX] = SHAPE_INTEGER,
    [MEANING_BYTES] = SHAPE_BYTES,
    [MEANING_BOOTTIME] = SHAPE_64,
    [MEANING_SIGNAL] = SHAPE_INTEGER,
    [MEANING_CAPABILITY] = SHAPE_INTEGER,
    [MEANING_CAPABILITIES] = SHAPE_INTEGER,
    [MEANING_FAMILY] = SHAPE_INTEGER,
    [MEANING_IP_PROTO] = SHAPE_INTEGER,
    [MEANING_TCP_STATE] = SHAPE_INTEGER,
    [MEANING_OPEN_FLAGS] = SHAPE_INTEGER,
    [MEANING_TCP_FLAGS] = SHAPE_INTEGER,
    [MEANING_MMAP_PROT] = SHAPE_INTEGER,
    [MEANING_MMAP_FLAGS] = SHAPE_INTEGER,
    [MEANING_CLONE_FLAGS] = SHAPE_INTEGER,
    [MEANING_MODE] = SHAPE_INTEGER,
    [MEANING_FLAGS] = SHAPE_ENUM,
    [MEANING_KERNEL_SYMBOL] = SHAPE_64,
    [MEANING_KERNEL_STACK] = SHAPE_ADDRESSES,
    [MEANING_USER_SYMBOL] = SHAPE_64,
    [MEANING_USER_STACK] = SHAPE_ADDRESSES,
};

static bool is_integer(const struct field *field, uint32_t size)
{
    return (field->kind == FIELD_UINT || field->kind == FIELD_INT) &&
           (size == 0 || (field->size == size && !field->bits));
}

/* Whether all of it can be one value of so many bytes. */
static bool is_bytes(const struct field *field, uint32_t size)
{
    switch (field->kind) {
    case FIELD_BYTES:
    case FIELD_CHARS:
    case FIELD_STRUCT:
    case FIELD_UNION:
    case FIELD_ARRAY:
        return field->size > 0 && (size == 0 || field->size == size);
    default:
        return false;
    }
}

bool meaning_fits(const struct field *field, enum field_meaning meaning)
{
    switch (shapes[meaning]) {
    case SHAPE_64:
        return is_integer(field, 8);
    case SHAPE_32:
        return is_integer(field, 4);
    case SHAPE_16:
        return is_integer(field, 2);
    case SHAPE_INTEGER:
        return is_integer(field, 0);
    case SHAPE_4_BYTES:
        return is_integer(field, 4) || is_bytes(field, 4);
    case SHAPE_6_BYTES:
        return is_bytes(field, 6);
    case SHAPE_16_BYTES:
        return is_bytes(field, 16);
    case SHAPE_BYTES:
        return is_bytes(field, 0);
    case SHAPE_ENUM:
        return field->kind == FIELD_ENUM;
    case SHAPE_ADDRESSES:
        return field->kind == FIELD_ARRAY && is_integer(field->members, 8);
    default:
        return false;
    }
}

bool meaning_is_of_numbers(enum field_meaning meaning)
{
    return shapes[meaning] == SHAPE_INTEGER;
}

static void merge(struct field *field, enum field_kind kind)
{
    field->kind = kind;
    field->members = NULL;
    field->n_members = 0;
    field->count = 0;
    field->stride = 0;
}

void meaning_give(struct field *field, enum field_meaning meaning)
{
    field->meaning = meaning;
    if (meaning == MEANING_KERNEL_STACK)
        meaning_give((struct field *)field->members, MEANING_KERNEL_SYMBOL);
    else if (meaning == MEANING_USER_STACK)
        meaning_give((struct field *)field->members, MEANING_USER_SYMBOL);
    else if (is_bytes(field, 0))
        merge(field, FIELD_BYTES);
    else if (shapes[meaning] != SHAPE_INTEGER && shapes[meaning] != SHAPE_ENUM &&
             meaning != MEANING_UNIX_NS) { /* which may be before 1970 */
        field->kind = FIELD_UINT;
        field->is_signed = false;
    }
}

/* ---- paths ---- */

static int find_path(const struct schema *schema, const char *path, struct error *error,
                     struct field **ret_field)
{
    const struct field_scope scope = {.schema = schema, .elements = FIELD_ELEMENTS_ALL};
    struct field_walk walk;
    int r = field_path_find(path, &scope, error, &walk);

    if (r == 0)
        *ret_field = (struct field *)walk.field;
    return r;
}

bool meaning_knows(const struct schema *schema, const char *path)
{
    struct field *field;

    return find_path(schema, path, NULL, &field) == 0;
}

/* ---- choices ---- */

static int refuse_word(const char *as, struct error *error)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, as);
    for (int i = 0; i < MEANING_COUNT; i++)
        if (meaning_name(i))
            suggestion_offer(&suggestion, meaning_name(i));
    suggestion_offer(&suggestion, TEXT);
    suggestion_offer(&suggestion, "texts");
    suggestion_offer(&suggestion, NONE);
    return error_set(error, -ENOENT, "unknown meaning \"%s\"; %s", as,
                     suggestion_words(&suggestion));
}

static int refuse_field(const struct meaning_choice *choice, const struct field *field,
                        const char *allowed, bool of_elements, struct error *error)
{
    char size[32] = "";

    if (field->bits)
        snprintf(size, sizeof(size), ", a bitfield of %u bits", field->bits);
    else if (field->size > 0)
        snprintf(size, sizeof(size), " of %u byte%s", field->size, field->size == 1 ? "" : "s");
    return error_set(error, -EINVAL, "%s cannot be %s: it is %s%s; it must be %s%s%s%s",
                     choice->path, choice->as, field->type_name ? field->type_name : "bytes", size,
                     allowed, of_elements ? "; for its elements write " : "",
                     of_elements ? choice->path : "", of_elements ? "[]" : "");
}

/* Bytes, also those of a flexible array, as text. */
static bool make_text(struct field *field)
{
    bool array = field->kind == FIELD_ARRAY && field->stride == 1 && is_integer(field->members, 1);

    if (!array && field->kind != FIELD_BYTES && field->kind != FIELD_CHARS)
        return false;
    merge(field, FIELD_CHARS);
    field->meaning = MEANING_NONE;
    return true;
}

static enum field_meaning meaning_called(const char *as)
{
    for (int i = 0; i < MEANING_COUNT; i++)
        if (meaning_name(i) && strcmp(meaning_name(i), as) == 0)
            return i;
    return MEANING_NONE;
}

static int choose(struct schema *schema, const struct meaning_choice *choice, struct field **at,
                  struct error *error)
{
    struct field *field = *at;
    enum field_meaning meaning = meaning_called(choice->as);

    if (meaning_by_knows(choice->as)) {
        bool keeps;
        int r = meaning_by_choose(schema, choice, field, error, &keeps);

        *at = keeps ? field : NULL;
        return r;
    }
    if (meaning_enum_name(choice->as))
        return meaning_enum_choose(schema, choice, field, error);
    if (strcmp(choice->as, NONE) == 0) {
        field->meaning = MEANING_NONE;
        return 0;
    }
    if (strcmp(choice->as, TEXT) == 0)
        return make_text(field)
                   ? 0
                   : refuse_field(choice, field, "an array of single bytes", false, error);
    if (!meaning)
        return refuse_word(choice->as, error);
    if (!meaning_fits(field, meaning))
        return refuse_field(choice, field, shape_words[shapes[meaning]],
                            field->kind == FIELD_ARRAY && meaning_fits(field->members, meaning),
                            error);
    meaning_give(field, meaning);
    return 0;
}

/* ---- conventions ---- */

bool meaning_is_chosen(const struct chosen_fields *chosen, const struct field *field)
{
    for (uint32_t i = 0; i < chosen->count; i++)
        if (chosen->fields[i] == field)
            return true;
    return false;
}

static uint32_t count_parts(const struct field *field)
{
    return field->kind == FIELD_ARRAY ? 1 : field->n_members;
}

static bool has_chosen_part(const struct chosen_fields *chosen, const struct field *field)
{
    for (uint32_t i = 0; i < count_parts(field); i++)
        if (meaning_is_chosen(chosen, &field->members[i]) ||
            has_chosen_part(chosen, &field->members[i]))
            return true;
    return false;
}

static void apply_conventions(const struct chosen_fields *chosen, struct field *field,
                              const char *name)
{
    enum field_meaning meaning = MEANING_NONE;

    if (!meaning_is_chosen(chosen, field) && !(chosen->count && has_chosen_part(chosen, field)))
        meaning = meaning_by_convention(field, name);
    if (meaning)
        meaning_give(field, meaning);
    if (meaning || field_is_stack(field))
        return;
    if (!meaning_is_chosen(chosen, field) && !has_chosen_part(chosen, field) &&
        meaning_is_text(field, name) && make_text(field))
        return;
    for (uint32_t i = 0; i < count_parts(field); i++) {
        struct field *part = (struct field *)&field->members[i];

        apply_conventions(chosen, part, *part->name ? part->name : name);
    }
}

int meaning_apply(struct schema *schema, const struct meaning_choice *choices, uint32_t n_choices,
                  struct error *error, uint32_t *ret_wrong)
{
    _cleanup_(cleanup_free) struct field **fields = calloc(n_choices + 1, sizeof(*fields));
    struct chosen_fields chosen = {.fields = fields};

    for (uint32_t i = 0; i < n_choices; i++) {
        int r = fields ? find_path(schema, choices[i].path, error, &fields[i])
                       : error_set(error, -ENOMEM, "out of memory");

        if (r == 0)
            r = choose(schema, &choices[i], &fields[i], error);
        if (r < 0) {
            *ret_wrong = i;
            return r;
        }
        chosen.count++;
    }
    for (uint32_t i = 0; i < schema->n_fields; i++)
        apply_conventions(&chosen, &schema->fields[i], schema->fields[i].name);
    return meaning_by_conventions(schema, &chosen) < 0 ? error_set(error, -ENOMEM, "out of memory")
                                                       : 0;
}
