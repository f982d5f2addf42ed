// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a field's value looks like in JSON, by its kind and meaning. */

#include <stdbool.h>
#include <stdint.h>

#include "record/schema.h"

enum { JSON_WIDE_MAX = 32 }; /* bytes of an integer that is shown as one; longer ones: as bytes */

/* How an integer is fetched. */
enum json_load {
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
enum json_print {
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
    PRINT_ERRNO,
    PRINT_SYSCALL,
    PRINT_NAME, /* the resolver's */
    /* all else: */
    PRINT_TEXT,
    PRINT_TEXTS,
    PRINT_FLOAT,
    PRINT_BYTES,
    PRINT_WIDE,
    PRINT_RAW_IPV4,
    PRINT_RAW_IPV6,
    PRINT_RAW_MAC,
    PRINT_ARRAY,
    PRINT_NULL,
};

/* It has an integer that field_integer() or its column gives. */
bool json_is_integer(const struct field *field);
/* Of such a one. */
enum json_load json_load_of(const struct field *field);

/* PRINT_NULL: there is no way to write it. PRINT_ARRAY stands for all that has parts. */
enum json_print json_print_of(const struct field *field, enum field_meaning meaning);

/* All bits of an integer itself, without those that its sign is extended to. */
uint64_t json_mask_of(const struct field *field);
