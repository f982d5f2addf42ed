// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How the value of a field is read and written, by its kind and meaning; the same in all text
 * formats but for quotes (quote.h). */

#include <stdbool.h>
#include <stdint.h>

#include "record/schema.h"

enum { VALUE_WIDE_MAX = 32 }; /* bytes of an integer that is shown as one; longer ones: as bytes */

/* How an integer is fetched. */
enum value_load {
    LOAD_U8,
    LOAD_U16,
    LOAD_U32,
    LOAD_64,
    LOAD_S8,
    LOAD_S16,
    LOAD_S32,
    LOAD_BITS,
    LOAD_COLUMN,
};

/* How a value is written. */
enum value_print {
    /* an integer: */
    PRINT_UNSIGNED,
    PRINT_SIGNED,
    PRINT_BOOL,
    PRINT_ENUM,
    PRINT_KTIME,
    PRINT_UNIX_NS,
    PRINT_HEX,
    PRINT_PORT_BE,
    PRINT_IPV4,
    PRINT_BOOTTIME,
    PRINT_ERRNO,
    PRINT_NUMBER, /* by its name */
    PRINT_FLAGS,
    PRINT_MODE,
    PRINT_SYMBOL, /* the resolver's, or the number in hexadecimal */
    PRINT_USER_SYMBOL,
    PRINT_NAME,       /* the resolver's */
    PRINT_VALUE_NAME, /* a number's, or null */
    /* all else: */
    PRINT_TEXT,
    PRINT_TEXTS,
    PRINT_FLOAT,
    PRINT_BYTES,
    PRINT_WIDE,
    PRINT_RAW_IPV4,
    PRINT_RAW_IPV6,
    PRINT_RAW_MAC,
    PRINT_RAW_IP,
    /* what has steps of its own: */
    PRINT_ARRAY,
    PRINT_OBJECT, /* a struct in quotes: JSON within a text */
    PRINT_GUARD,  /* what only some records have */
    /* the rest: */
    PRINT_POSITION, /* where the record is, the end of its id */
    PRINT_NULL,
};

/* Whether the field has an integer, which field_integer() or its column gives. */
bool value_is_integer(const struct field *field);
/* How to load the integer of a field for which value_is_integer() is true. */
enum value_load value_load_of(const struct field *field);

/* How to write a field of that meaning. PRINT_NULL: it cannot be written; PRINT_ARRAY: any value
 * that has parts. */
enum value_print value_print_of(const struct field *field, enum field_meaning meaning);

/* The same without its meaning: the number as it is. */
enum value_print value_print_number(const struct field *field);

/* The bits of an integer itself, without those of its sign extension. */
uint64_t value_mask_of(const struct field *field);
