// SPDX-License-Identifier: Apache-2.0

/* Everything that reads records trusts its schema, so all that a schema can do wrong is refused
 * here, once. Where a field lies in a sample need not be checked against samples: each access does
 * that. What must hold is that sizes are those that the kind's readers know, and that offsets added
 * up along a path never leave 32 bits. */

#include "capture/check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/printable.h"

enum { BITS_BYTES_MAX = 9 }; /* that a bitfield can touch */

struct type_check {
    const struct capture_type_head *head;
    const struct capture_field *fields;
    const struct capture_name *names;
    const char *texts;
    uint8_t depth[CAPTURE_TYPE_MAX / sizeof(struct capture_field)];
};

/* Names come into keys, messages and JSON as they are. */
static bool is_text(const struct type_check *check, uint32_t at)
{
    return at < check->head->n_texts && printable(check->texts + at);
}

static bool is_text_or_none(const struct type_check *check, uint32_t at)
{
    return at == CAPTURE_NO_TEXT || is_text(check, at);
}

static bool is_short(const struct type_check *check, uint32_t at)
{
    return at == CAPTURE_NO_TEXT || strlen(check->texts + at) <= CAPTURE_NAME_MAX;
}

static bool is_integer_size(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool bits_fit(const struct capture_field *field)
{
    return field->bits <= 64 && field->shift <= 7 && field->size >= 1 &&
           field->size <= BITS_BYTES_MAX && field->bits + field->shift <= 8 * field->size;
}

static bool array_fits(const struct capture_field *field)
{
    uint64_t bytes = (uint64_t)field->count * field->stride;

    if (field->n_members != 1)
        return false;
    return field->stride > 0 && (field->count ? bytes <= field->size : field->size == 0);
}

static bool kind_fits(const struct capture_field *field)
{
    bool leaf = field->n_members == 0;

    if (field->bits && field->kind != CAPTURE_KIND_UINT && field->kind != CAPTURE_KIND_INT &&
        field->kind != CAPTURE_KIND_BOOL && field->kind != CAPTURE_KIND_ENUM)
        return false;
    if (field->is_signed > 1 || (field->n_names && field->kind != CAPTURE_KIND_ENUM))
        return false;
    switch (field->kind) {
    case CAPTURE_KIND_UINT:
    case CAPTURE_KIND_INT:
    case CAPTURE_KIND_BOOL:
    case CAPTURE_KIND_ENUM:
        return leaf && (field->bits ? bits_fit(field) : is_integer_size(field->size));
    case CAPTURE_KIND_FLOAT:
        return leaf && (field->size == 4 || field->size == 8);
    case CAPTURE_KIND_POINTER:
        return leaf && field->size == 8;
    case CAPTURE_KIND_TEXT:
    case CAPTURE_KIND_TEXTS:
        return leaf && field->size == 4;
    case CAPTURE_KIND_CHARS:
    case CAPTURE_KIND_BYTES:
        return leaf;
    case CAPTURE_KIND_STRUCT:
    case CAPTURE_KIND_UNION:
        return true;
    case CAPTURE_KIND_ARRAY:
        return array_fits(field);
    default:
        return false;
    }
}

static bool lies_within(const struct capture_field *inner, uint64_t offset, uint64_t size)
{
    return inner->offset >= offset && inner->offset + (uint64_t)inner->size <= offset + size;
}

/* Of a flexible array there is no end yet; its element begins where it does. */
static bool member_fits(const struct capture_field *owner, const struct capture_field *member)
{
    if (owner->kind != CAPTURE_KIND_ARRAY)
        return lies_within(member, owner->offset, owner->size);
    return lies_within(member, owner->offset, owner->stride) &&
           member->offset + (uint64_t)owner->stride <= CAPTURE_SAMPLE_MAX;
}

static bool texts_fit(const struct type_check *check, const struct capture_field *field)
{
    if (!is_text(check, field->name) || !is_text_or_none(check, field->type_name) ||
        !is_text_or_none(check, field->meaning))
        return false;
    for (uint32_t i = 0; i < field->n_names; i++)
        if (!is_text(check, check->names[field->names + i].name))
            return false;
    return true;
}

/* members and names: how many of each the fields before this one have taken. */
static bool field_fits(struct type_check *check, uint32_t index, uint32_t members, uint32_t names)
{
    const struct capture_field *field = &check->fields[index];

    if (field->members != members || field->n_members > check->head->n_fields - members ||
        field->names != names || field->n_names > check->head->n_names - names)
        return false;
    if (!kind_fits(field) || !texts_fit(check, field))
        return false;
    for (uint32_t i = 0; i < field->n_members; i++) {
        if (!member_fits(field, &check->fields[members + i]) ||
            check->depth[index] + 1 >= CAPTURE_DEPTH_MAX)
            return false;
        check->depth[members + i] = (uint8_t)(check->depth[index] + 1);
    }
    return true;
}

/* A field that is its own member, or comes before what it is a member of, would break the order: it
 * is in the list already when its turn comes. */
static int check_fields(struct type_check *check, struct error *error)
{
    const struct capture_type_head *head = check->head;
    uint32_t members = head->n_top, names = 0;

    for (uint32_t i = 0; i < head->n_fields; i++) {
        const struct capture_field *field = &check->fields[i];

        if (i >= members)
            return error_set(error, -EBADMSG, "field %u belongs to no other field", i);
        if (i < head->n_top && !lies_within(field, 0, head->size))
            return error_set(error, -EBADMSG, "field %u is outside its type", i);
        if (!field_fits(check, i, members, names))
            return error_set(error, -EBADMSG, "field %u is invalid", i);
        members += field->n_members;
        names += field->n_names;
    }
    if (members != head->n_fields || names != head->n_names)
        return error_set(error, -EBADMSG, "unreferenced fields or names");
    return 0;
}

int capture_check_type(const struct capture_type_head *head, const struct capture_field *fields,
                       const struct capture_name *names, const char *texts, struct error *error)
{
    struct type_check check = {head, fields, names, texts, {0}};

    if (head->n_fields > sizeof(check.depth) || head->n_top > head->n_fields ||
        head->size > CAPTURE_SAMPLE_MAX || head->tag == 0)
        return error_set(error, -EBADMSG, "a type has invalid counts or an invalid size");
    if (head->n_texts == 0 || texts[head->n_texts - 1] != '\0')
        return error_set(error, -EBADMSG, "a type's texts are not terminated");
    if (!is_text(&check, head->source) || !is_text(&check, head->type_name) ||
        !is_text_or_none(&check, head->label) || !is_short(&check, head->source) ||
        !is_short(&check, head->label) || texts[head->source] == '\0')
        return error_set(error, -EBADMSG, "a type has invalid names");
    return check_fields(&check, error);
}
