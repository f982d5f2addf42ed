// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of BTF, the type information that a BPF object carries. Where the BTF comes from is
 * the caller's matter: bpf_object__btf(), btf__parse(), a pinned map's own. */

#include "base/error.h"
#include "record/schema.h"

struct btf;

/* Builds the schema of one struct or union, found as lookup_type() finds it: by name, with or
 * without "struct" or "union", or, for NULL, as the conventions name it.
 *
 * | in C                               | field |
 * |------------------------------------|-------|
 * | integers, bool, float, double      | FIELD_UINT, FIELD_INT, FIELD_BOOL, FIELD_FLOAT |
 * | __int128, long double              | FIELD_BYTES |
 * | enum                               | FIELD_ENUM; of 64 bits without BTF_KIND_ENUM64: a number |
 * | bitfields of those                 | the same with `bits`; more than 64: the bytes they touch |
 * | pointers                           | FIELD_POINTER |
 * | char[N], signed char[N]            | FIELD_CHARS |
 * | other arrays, also of s8, int8_t   | FIELD_ARRAY, one within the other for each dimension |
 * | char[], T[] at the sample's end    | FIELD_CHARS of size 0, FIELD_ARRAY of count 0 |
 * | struct, union                      | FIELD_STRUCT, FIELD_UNION; unnamed: its members |
 * | struct ringmill_text(s)            | FIELD_TEXT, FIELD_TEXTS; a char[] at the end is none then
 * | | what shows nothing inside          | FIELD_BYTES; without bytes: left out |
 *
 * No field gets a meaning here, see schema/meaning.h; type_name is C's, without const and volatile.
 *
 * 0 and a schema that the caller owns (it keeps nothing of btf), or: -ENOENT, no such type (the
 * sentence lists those there are); -EINVAL, BTF that no compiler writes; -E2BIG, more than
 * READER_MEMBERS_MAX members or READER_NAMES_MAX bytes of names; -ENOMEM. btf is only read. */
int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema);
