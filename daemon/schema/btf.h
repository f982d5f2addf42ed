// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of BTF, the type information that a BPF object carries. Where the BTF comes from is
 * the caller's matter: bpf_object__btf(), btf__parse(), a pinned map's own. */

#include "base/error.h"
#include "record/schema.h"

struct btf;

/* Builds the schema of one struct, found as lookup_struct() finds it: by name, with or without
 * "struct", or, for NULL, the only one that the object keeps on purpose.
 *
 * Fields may be integers of 1 to 8 bytes, bool, enums, char[N] (a text; unsigned char[N] is none),
 * struct ringmill_text and struct ringmill_texts, all of them behind typedefs, const and volatile
 * too. A char[] without a length at the end is no field: it is where the texts live. A 64-bit
 * unsigned field called `ktime` gets MEANING_KTIME.
 *
 * 0 and a schema that the caller owns (it keeps nothing of btf), or: -ENOENT, no such type (the
 * sentence lists those there are); -ENOTSUP, a field of another kind; -EINVAL, damaged BTF;
 * -ENOMEM. btf is only read. */
int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema);
