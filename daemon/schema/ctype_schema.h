// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The fields of a schema, made from a C struct. All readers of types (BTF, DWARF, C text) come
 * here, so the same struct has the same schema wherever it was found. */

#include "base/error.h"
#include "schema/ctype.h"

enum {
    CTYPE_SCHEMA_DEPTH_MAX = 32,              /* structs, unions and arrays within each other */
    CTYPE_SCHEMA_MEMBERS_MAX = 64 * 1024,     /* of all those structs together */
    CTYPE_SCHEMA_NAMES_MAX = 16 * 1024 * 1024 /* bytes of all names together */
};

/* Builds the schema of a complete struct or union, or of an enum: that has one field, without a
 * name, and is for those who need the names of its values. name: what the type is called if it has
 * no tag; NULL: it has no name. origin: "BTF", for errors.
 *
 * | in C                               | field |
 * |------------------------------------|-------|
 * | integers, bool, float, double      | FIELD_UINT, FIELD_INT, FIELD_BOOL, FIELD_FLOAT |
 * | __int128, long double              | FIELD_BYTES |
 * | enum                               | FIELD_ENUM; without known names: a number |
 * | bitfields of those                 | the same with `bits`; more than 64: the bytes they touch |
 * | pointers                           | FIELD_POINTER |
 * | char[N], signed char[N]            | FIELD_CHARS |
 * | other arrays, also of s8, int8_t   | FIELD_ARRAY, one within the other for each dimension |
 * | char[], T[] at the sample's end    | FIELD_CHARS of size 0, FIELD_ARRAY of count 0 |
 * | struct, union                      | FIELD_STRUCT, FIELD_UNION; unnamed: its members |
 * | struct ringmill_text(s)            | FIELD_TEXT, FIELD_TEXTS; then a char[] is not a field |
 * | what shows nothing inside          | FIELD_BYTES; without bytes: left out |
 *
 * The members of unnamed structs and unions are listed among those around them. An unnamed bitfield
 * is not a field. An array without a length is left out where it is not at the sample's end.
 * type_name is C's, without const and volatile. No field gets a meaning here, see schema/meaning.h.
 *
 * 0 and a schema that the caller owns, or: -EINVAL, the type contradicts itself (members outside of
 * it) or a name is not printable; -ENOENT, it has no members; -E2BIG, more of them or of names than
 * the limits allow; -ENOMEM. */
int schema_from_ctype(const struct ctype *type, const char *name, const char *origin,
                      struct error *error, struct schema **ret);
