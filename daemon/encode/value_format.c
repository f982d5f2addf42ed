// SPDX-License-Identifier: Apache-2.0

/* A meaning goes before a kind where it fits: by size, and by whether the value is a number or some
 * bytes. Where it does not, it is passed over, for a config that names it wrongly is refused
 * before. */

#include "encode/value_format.h"

#include <string.h>

#include "record/number_names.h"

bool value_is_integer(const struct field *field)
{
    bool readable = field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;

    switch (field->kind) {
    case FIELD_UINT:
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_ENUM:
    case FIELD_POINTER:
        return readable || field->bits || field->column;
    default:
        return false;
    }
}

enum value_load value_load_of(const struct field *field)
{
    if (field->column)
        return LOAD_COLUMN;
    if (field->bits)
        return LOAD_BITS;
    switch (field->size) {
    case 1:
        return field->is_signed ? LOAD_S8 : LOAD_U8;
    case 2:
        return field->is_signed ? LOAD_S16 : LOAD_U16;
    case 4:
        return field->is_signed ? LOAD_S32 : LOAD_U32;
    default:
        return LOAD_64;
    }
}

uint64_t value_mask_of(const struct field *field)
{
    uint32_t bits = field->bits ? field->bits : field->size * 8;

    return bits == 0 || bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static enum value_print print_plain(const struct field *field)
{
    switch (field->kind) {
    case FIELD_INT:
        return PRINT_SIGNED;
    case FIELD_BOOL:
        return PRINT_BOOL;
    case FIELD_ENUM:
        return PRINT_ENUM;
    case FIELD_POINTER:
        return PRINT_HEX;
    default:
        return PRINT_UNSIGNED;
    }
}

enum value_print value_print_number(const struct field *field)
{
    return print_plain(field);
}

/* A meaning that does not fit the size of the value is ignored. */
static enum value_print print_integer(const struct field *field, enum field_meaning meaning)
{
    const struct number_set *set = number_set_of(meaning);
    bool whole = field->bits == 0;

    switch (meaning) {
    case MEANING_KTIME:
        return whole && field->size == 8 ? PRINT_KTIME : print_plain(field);
    case MEANING_BOOTTIME:
        return whole && field->size == 8 ? PRINT_BOOTTIME : print_plain(field);
    case MEANING_UNIX_NS:
        return whole && field->size == 8 ? PRINT_UNIX_NS : print_plain(field);
    case MEANING_IPV4:
        return whole && field->size == 4 ? PRINT_IPV4 : print_plain(field);
    case MEANING_PORT_BE:
        return whole && field->size == 2 ? PRINT_PORT_BE : print_plain(field);
    case MEANING_ERRNO:
        return PRINT_ERRNO;
    case MEANING_KERNEL_SYMBOL:
        return whole && field->size == 8 ? PRINT_SYMBOL : print_plain(field);
    case MEANING_USER_SYMBOL:
        if (field->column) /* the record that says the process is gone */
            return PRINT_HEX;
        return whole && field->size == 8 && field->by ? PRINT_USER_SYMBOL : print_plain(field);
    case MEANING_MODE:
        return PRINT_MODE;
    case MEANING_FLAGS:
        return field->kind == FIELD_ENUM && field->n_names ? PRINT_FLAGS : print_plain(field);
    case MEANING_HEX:
        return PRINT_HEX;
    default:
        return !set ? print_plain(field) : set->is_flags ? PRINT_FLAGS : PRINT_NUMBER;
    }
}

/* PRINT_NULL: this meaning does not make its bytes one value. */
static enum value_print print_raw(const struct field *field, enum field_meaning meaning)
{
    switch (meaning) {
    case MEANING_IPV4:
        return field->size == 4 ? PRINT_RAW_IPV4 : PRINT_NULL;
    case MEANING_IPV6:
        return field->size == 16 ? PRINT_RAW_IPV6 : PRINT_NULL;
    case MEANING_IP:
        return field->size == 16 && field->by ? PRINT_RAW_IP : PRINT_NULL;
    case MEANING_MAC:
        return field->size == 6 ? PRINT_RAW_MAC : PRINT_NULL;
    case MEANING_BYTES:
        return PRINT_BYTES;
    default:
        return PRINT_NULL;
    }
}

/* 128-bit integers have no kind of their own. */
static bool is_wide(const struct field *field, enum field_meaning meaning)
{
    return field->size > 0 && field->size <= VALUE_WIDE_MAX &&
           (meaning == MEANING_HEX || (meaning == MEANING_NONE && field->size == 16 &&
                                       field->type_name && strstr(field->type_name, "128")));
}

enum value_print value_print_of(const struct field *field, enum field_meaning meaning)
{
    enum value_print raw = print_raw(field, meaning);

    if (value_is_integer(field))
        return print_integer(field, meaning);
    if (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS)
        return field->kind == FIELD_TEXT ? PRINT_TEXT : PRINT_TEXTS;
    if (raw != PRINT_NULL)
        return raw;
    switch (field->kind) {
    case FIELD_CHARS:
        return PRINT_TEXT;
    case FIELD_FLOAT:
        return field->size == 4 || field->size == 8 || field->column ? PRINT_FLOAT : PRINT_NULL;
    case FIELD_BYTES:
        return is_wide(field, meaning) ? PRINT_WIDE : PRINT_BYTES;
    case FIELD_STRUCT:
    case FIELD_UNION:
        return PRINT_ARRAY;
    case FIELD_ARRAY:
        return field->members ? PRINT_ARRAY : PRINT_NULL;
    default:
        return PRINT_NULL;
    }
}
