// SPDX-License-Identifier: Apache-2.0

/* Each row says by itself what it is: so rows may be filtered, cut and mixed on their way, and
 * whoever merges them needs no config. */

#include "aggregate/row_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aggregate/portable.h"
#include "record/edit.h"
#include "record/moment.h"
#include "record/number_names.h"

enum {
    VERSION = 1,
    FIRST_KEY = 2,       /* column */
    KEY_ROOM = 128 + 32, /* of one part's value */
    MEANING_ROOM = 16,
    FLAG_PARTIAL = 1,
    FLAG_OTHER = 2,
    FLAG_OVERLAPS = 4,
};

/* ---- fields ---------------------------------------------------------------------------------- */

static const struct {
    char letter;
    enum field_kind kind;
} kinds[] = {{'u', FIELD_UINT},  {'i', FIELD_INT},   {'b', FIELD_BOOL},
             {'f', FIELD_FLOAT}, {'t', FIELD_CHARS}, {'y', FIELD_BYTES}};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static uint8_t *put_bytes(uint8_t *at, const char *bytes, size_t length)
{
    at = portable_put(at, length);
    if (length > 0)
        memcpy(at, bytes, length);
    return at + length;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    return put_bytes(at, text, strlen(text));
}

/* A number from 0 to most. */
static uint64_t take_bounded(struct portable *from, uint64_t most)
{
    uint64_t value = portable_take(from);

    from->damaged |= value > most;
    return from->damaged ? 0 : value;
}

static struct text take_bytes(struct portable *from, size_t most)
{
    uint64_t length = take_bounded(from, most);

    return (struct text){(const char *)portable_take_bytes(from, length), (uint32_t)length};
}

/* No NUL is in it. */
static void take_text(struct portable *from, size_t most, char *ret)
{
    struct text text = take_bytes(from, most);

    ret[0] = '\0';
    if (from->damaged || memchr(text.bytes, '\0', text.length)) {
        from->damaged = true;
        return;
    }
    memcpy(ret, text.bytes, text.length);
    ret[text.length] = '\0';
}

static void take_name(struct portable *from, char *ret)
{
    const char *const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    take_text(from, ROW_FORM_NAME_MAX, ret);
    from->damaged |= !*ret || ret[strspn(ret, word)] != '\0' || (*ret >= '0' && *ret <= '9');
}

static bool size_is_right(enum field_kind kind, uint64_t size)
{
    switch (kind) {
    case FIELD_CHARS:
        return size <= UINT16_MAX;
    case FIELD_BYTES:
        return size > 0 && size <= ROW_FORM_BYTES_MAX;
    case FIELD_FLOAT:
        return size == 4 || size == 8;
    default:
        return size == 1 || size == 2 || size == 4 || size == 8;
    }
}

/* What the encoders rely on. */
static bool meaning_is_right(const struct field *field)
{
    bool integer = field->kind == FIELD_UINT || field->kind == FIELD_INT;

    switch (field->meaning) {
    case MEANING_NONE:
        return true;
    case MEANING_IPV4:
        return field->size == 4 && (field->kind == FIELD_UINT || field->kind == FIELD_BYTES);
    case MEANING_IPV6:
        return field->size == 16 && field->kind == FIELD_BYTES;
    case MEANING_MAC:
        return field->size == 6 && field->kind == FIELD_BYTES;
    case MEANING_BYTES:
        return field->kind == FIELD_BYTES;
    case MEANING_PORT_BE:
        return field->size == 2 && field->kind == FIELD_UINT;
    case MEANING_UNIX_NS:
    case MEANING_CGROUP_ID:
        return field->size == 8 && integer;
    case MEANING_UID:
    case MEANING_GID:
        return field->size == 4 && integer;
    case MEANING_HEX:
        return integer;
    default:
        return integer && number_set_of(field->meaning);
    }
}

/* What has no place here is left out: bitfields, meanings of other sizes. */
static uint8_t *put_field(uint8_t *at, const struct field *field)
{
    struct field told = *field;
    const char *meaning;
    uint32_t kind = 0;

    if (!size_is_right(told.kind, told.size))
        told.size = told.kind == FIELD_CHARS ? 0 : sizeof(uint64_t);
    meaning = meaning_is_right(&told) ? meaning_name(told.meaning) : NULL;
    while (kind + 1 < N_KINDS && kinds[kind].kind != told.kind)
        kind++;
    *at++ = (uint8_t)kinds[kind].letter;
    at = portable_put(at, told.size);
    return put_text(at, meaning ? meaning : "");
}

static void take_field(struct portable *from, struct field *ret)
{
    const uint8_t *letter = portable_take_bytes(from, 1);
    uint64_t size = portable_take(from);
    char meaning[MEANING_ROOM + 1];
    uint32_t kind = 0;

    take_text(from, MEANING_ROOM, meaning);
    while (kind < N_KINDS && letter && kinds[kind].letter != (char)*letter)
        kind++;
    if (from->damaged || kind == N_KINDS || !size_is_right(kinds[kind].kind, size)) {
        from->damaged = true;
        return;
    }
    *ret = (struct field){.name = "", .kind = kinds[kind].kind, .size = (uint32_t)size};
    ret->type_name = "";
    ret->is_signed = ret->kind == FIELD_INT;
    for (int i = 0; meaning[0] && i < MEANING_COUNT; i++) {
        const char *name = meaning_name((enum field_meaning)i);

        if (name && strcmp(name, meaning) == 0)
            ret->meaning = (enum field_meaning)i;
    }
    from->damaged |= (meaning[0] && ret->meaning == MEANING_NONE) || !meaning_is_right(ret);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool is_text(const struct field *field)
{
    return field->kind == FIELD_CHARS || field->kind == FIELD_BYTES;
}

/* As others see it: enums by their names, times by the wall clock. */
static struct field key_field_of(const struct field *field)
{
    struct field told = *field;

    if (told.kind == FIELD_ENUM) {
        told.kind = FIELD_CHARS;
        told.meaning = MEANING_NONE;
        told.size = 0;
    } else if (told.kind == FIELD_POINTER) {
        told.kind = FIELD_UINT;
        told.meaning = MEANING_HEX;
    } else if (moment_is_since_boot(told.meaning)) {
        told.meaning = MEANING_UNIX_NS;
    }
    return told;
}

static uint64_t mask_of(const struct field *field)
{
    return field->size >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * field->size) - 1;
}

static uint8_t *put_enum(uint8_t *at, const struct field *field, uint64_t bits)
{
    const struct number_set flags = number_set_of_enum(field);
    char digits[24], words[NUMBER_TEXT_MAX];
    uint32_t length = 0;

    if (field->meaning == MEANING_FLAGS)
        length = number_set_put_flags(&flags, bits, mask_of(field), words);
    if (length)
        return put_bytes(at, words, length < KEY_TEXT_MAX ? length : KEY_TEXT_MAX);
    for (uint32_t i = 0; i < field->n_names; i++)
        if (field->names[i].value == (int64_t)bits)
            return put_bytes(at, field->names[i].name, strnlen(field->names[i].name, KEY_TEXT_MAX));
    snprintf(digits, sizeof(digits), field->is_signed ? "%ld" : "%lu", (long)bits);
    return put_text(at, digits);
}

static uint8_t *put_key(const struct row_form_head *head, const struct field *field,
                        const struct column *column, uint32_t row, uint8_t *at)
{
    bool null = column_is_null(column, row);
    uint64_t bits = null || is_text(field) ? 0 : column->integers[row];
    const struct field told = key_field_of(field);

    at = put_text(at, field->name);
    at = put_field(at, &told);
    *at++ = null;
    if (null)
        return at;
    if (is_text(field))
        return put_bytes(at, column->texts[row].bytes, column->texts[row].length);
    if (field->kind == FIELD_ENUM)
        return put_enum(at, field, bits);
    if (moment_is_since_boot(field->meaning))
        bits = moment_wall(head->wall, field, bits);
    return portable_put(at, bits);
}

static void take_key(struct portable *from, struct row_form_key *key)
{
    take_name(from, key->name);
    take_field(from, &key->field);
    key->null = take_bounded(from, 1) > 0;
    if (from->damaged || key->null)
        return;
    if (!is_text(&key->field)) {
        key->bits = portable_take(from);
        return;
    }
    key->text = take_bytes(from, KEY_TEXT_MAX);
    from->damaged |= key->field.kind == FIELD_BYTES && key->text.length != key->field.size;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint32_t shares(const struct row_form_head *head, uint32_t index)
{
    const struct value *value = &head->values[index];

    for (uint32_t i = 0; value->size == 0 && i < index; i++)
        if (head->values[i].size > 0 && head->values[i].offset == value->offset)
            return i + 1;
    return 0;
}

static uint8_t *put_value(const struct row_form_head *head, uint32_t index,
                          const struct group *group, uint8_t *at)
{
    const struct value *value = &head->values[index];
    const struct field argument = value_portable_argument(value);
    uint8_t *length;
    size_t written;

    at = put_text(at, value->name);
    at = put_text(at, value->call);
    *at++ = value->expr != NULL;
    if (value->expr)
        at = put_field(at, &argument);
    at = portable_put(at, shares(head, index));
    if (value->size == 0)
        return at;
    /* always three bytes, as what follows is not known yet */
    length = at;
    written = value->ops->write(value, (const char *)group + value->offset, head->wall, at + 3);
    length[0] = (uint8_t)(written | 0x80);
    length[1] = (uint8_t)(written >> 7 | 0x80);
    length[2] = (uint8_t)(written >> 14);
    return at + 3 + written;
}

static void take_value(struct portable *from, struct row_form_value *value, uint32_t index)
{
    take_name(from, value->name);
    take_text(from, ROW_FORM_CALL_MAX, value->call);
    value->has_argument = take_bounded(from, 1) > 0;
    if (value->has_argument)
        take_field(from, &value->argument);
    value->shares = (uint32_t)take_bounded(from, index);
    if (!value->shares)
        value->form = take_bytes(from, ROW_FORM_MAX);
}

/* ---- whole ----------------------------------------------------------------------------------- */

size_t row_form_max(const struct row_form_head *head)
{
    const size_t field = 1 + PORTABLE_NUMBER_MAX + 1 + MEANING_ROOM;
    size_t size = PORTABLE_HEAD + 5 * PORTABLE_NUMBER_MAX + ROW_FORM_NAME_MAX;

    size += head->n_keys * (ROW_FORM_NAME_MAX + 2 + field + KEY_ROOM);
    for (uint32_t i = 0; i < head->n_values; i++)
        size += ROW_FORM_NAME_MAX + strlen(head->values[i].call) + 4 + field +
                (head->values[i].size == 0 ? 1 : 4 + head->values[i].ops->max(&head->values[i]));
    return size;
}

size_t row_form_write(const struct row_form_head *head, const struct row_form_window *window,
                      const struct group *group, const struct column *columns, uint32_t row,
                      uint8_t *out)
{
    uint8_t *at = portable_head(out, 'R', VERSION);

    at = put_text(at, head->source);
    at = portable_put_signed(at, window->start);
    at = portable_put_signed(at, window->end);
    *at++ = (uint8_t)((window->partial ? FLAG_PARTIAL : 0) | (group->other ? FLAG_OTHER : 0) |
                      (head->overlaps ? FLAG_OVERLAPS : 0));
    at = portable_put(at, head->n_keys);
    for (uint32_t i = 0; i < head->n_keys; i++)
        at = put_key(head, &head->schema->fields[FIRST_KEY + i], &columns[FIRST_KEY + i], row, at);
    at = portable_put(at, head->n_values);
    for (uint32_t i = 0; i < head->n_values; i++)
        at = put_value(head, i, group, at);
    return (size_t)(at - out);
}

int row_form_read(const uint8_t *bytes, size_t length, struct row_form *ret_form)
{
    struct portable from = portable_open(bytes, length, 'R', VERSION);
    struct row_form *form = ret_form;
    uint64_t flags;

    if (length >= PORTABLE_HEAD && memcmp(bytes, "RMR", 3) == 0 && bytes[3] != VERSION)
        return -EPROTO;
    take_text(&from, ROW_FORM_NAME_MAX, form->source);
    form->window.start = portable_take_signed(&from);
    form->window.end = portable_take_signed(&from);
    flags = take_bounded(&from, FLAG_PARTIAL | FLAG_OTHER | FLAG_OVERLAPS);
    form->window.partial = flags & FLAG_PARTIAL;
    form->other = flags & FLAG_OTHER;
    form->overlaps = flags & FLAG_OVERLAPS;
    form->n_keys = (uint32_t)take_bounded(&from, KEY_PARTS_MAX);
    for (uint32_t i = 0; i < form->n_keys && !from.damaged; i++)
        take_key(&from, &form->keys[i]);
    form->n_values = (uint32_t)take_bounded(&from, VALUES_MAX);
    for (uint32_t i = 0; i < form->n_values && !from.damaged; i++)
        take_value(&from, &form->values[i], i);
    from.damaged |= form->n_values == 0;
    return portable_whole(&from) ? 0 : -EINVAL;
}
