// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema for people's eyes:
 *
 *     offset     size  type            name         reads as
 *          0        8  __u64           ktime        ktime
 *          8       16  char[16]        comm         text
 *       24:3   5 bits  unsigned int    flags        u5
 *         28       24  struct host[2]  hosts        struct[2]
 *         28        4  __be32            saddr      ipv4
 *         52     rest  __u8[]          payload      u8[]
 *
 * Members are shown below what holds them, further in; those of an array's element once, with the
 * offsets of element 0. */

#include <stdio.h>

#include "record/schema.h"

enum {
    TABLE_READING_MAX = 128, /* bytes of a reading, with the NUL */
    TABLE_NAMES_MAX = 5,     /* names of an enum that it shows */
};

/* indent is in front of each line. */
void table_print(const struct schema *schema, const char *indent, FILE *file);

/* "u32", "text", "ipv4[4]", "enum": what the value is taken for. Returns text, which has
 * TABLE_READING_MAX bytes. */
const char *table_reading(const struct field *field, char *text);

/* Where members are: those of a struct or union, or of the element of an array of those. */
const struct field *table_parts(const struct field *field, uint32_t *ret_count);
