// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of BTF, the type information that a BPF object carries. Where the BTF comes from is
 * the caller's matter: bpf_object__btf(), btf__parse(), a pinned map's own. */

#include "base/error.h"
#include "record/schema.h"

struct btf;

enum { BTF_DEPTH_MAX = 256 }; /* types that refer to each other */

/* Builds the schema of one struct or union, found as lookup_type() finds it: by name, with or
 * without "struct" or "union", or, for NULL, as the conventions name it.
 * Fields are as schema_from_ctype() makes them; an enum of 64 bits without BTF_KIND_ENUM64 is a
 * number.
 *
 * 0 and a schema that the caller owns (it keeps nothing of btf), or: -ENOENT, no such type (the
 * error lists the types there are), or else as schema_from_ctype(). btf is only read. */
int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema);
