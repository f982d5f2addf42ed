// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of BTF, the type information that a BPF object carries. Where the BTF comes from is
 * the caller's matter: bpf_object__btf(), btf__parse(), a pinned map's own. */

#include "base/error.h"
#include "record/schema.h"

struct btf;

enum { SCHEMA_CANDIDATES_MAX = 10 }; /* types that an error lists */

/* Builds the schema of one struct: "exec_event" and "struct exec_event" are the same, and a
 * typedef's name of a struct does as well.
 *
 * Fields may be integers of 1 to 8 bytes, bool, enums, char[N] (a text; unsigned char[N] is none),
 * struct ringmill_text and struct ringmill_texts, all of them behind typedefs, const and volatile
 * too. A char[] without a length at the end is no field: it is where the texts live. A 64-bit
 * unsigned field called `ktime` gets MEANING_KTIME.
 *
 * 0 and a schema that the caller owns (it keeps nothing of btf), or: -ENOENT, no such type;
 * -ENOTSUP, a field of another kind; -ENOMEM. btf is only read: any thread that owns it. */
int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema);
