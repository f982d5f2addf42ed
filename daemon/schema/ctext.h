// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of C text, for objects whose types were stripped:
 *
 *     layout: "struct event { __u32 pid; char comm[16]; };"
 *
 * docs/layout.md says what is understood. Nothing is included, and macros have no parameters;
 * layouts are those of gcc and clang for 64-bit Linux and of clang for BPF. */

#include "base/error.h"
#include "record/schema.h"

enum { CTEXT_LENGTH_MAX = 64 * 1024 }; /* bytes of the text */

/* Builds the schema of one struct or union of the text: the one of that name, with or without
 * "struct " or "union " or as a typedef calls it, or of "enum NAME"; NULL: the last one that the
 * text defines outside of any other.
 *
 * 0 and a schema that the caller owns (it keeps nothing of the text), or: -EINVAL, the text cannot
 * be understood at that line and column (both from 1, columns in bytes); -ENOENT, it does not
 * define that type; -E2BIG, as schema_from_ctype() says; -ENOMEM. Where a place makes no sense,
 * line and column are 0; either may be NULL. They are untouched on success. */
int schema_from_ctext(const char *text, const char *type_name, struct error *error,
                      uint32_t *ret_line, uint32_t *ret_column, struct schema **ret);
